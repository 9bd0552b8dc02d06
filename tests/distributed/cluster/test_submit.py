"""A run that is submitted to a cluster: looked at, stopped, submitted again; its driver killed, and started again.

It has a Ray of its own, as jobs need the dashboard and a head that outlives its drivers.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from support.commands import ROOT, Running
from support.plugins.gate import close, waiting
from support.runs import every_question_once
from support.services.ray_head import needs_ray_default, ray_head
from support.waiting import wait_until

from factory.storage.opening import open_store
from pipelines.run.attempts import last_attempt
from pipelines.run.settings import load

pytestmark = [pytest.mark.distributed, pytest.mark.long, needs_ray_default]
CONFIG = str(ROOT / "pipelines/label_steps.yaml")


def test_a_submitted_run_is_stopped_resumed_and_outlives_its_driver(
    running: Callable[..., Running], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, folder = tmp_path / "gate", tmp_path / "run"
    words = ["source.n=12", "run.unit_size=2", "run.grace_s=1", "model=none", f"run.dir={folder}"]
    words += ["engine.kind=tests.support.plugins.gated_scripted", f"engine.gate={gate}"]
    settings, store = load(CONFIG, words), open_store(folder)
    questions = list(settings.source.plugin.questions(settings.source.config))

    def at_work(attempt: int) -> bool:
        last = last_attempt(store)
        return last is not None and last[0] == attempt and bool(waiting(gate))

    close(gate, questions[-1].text)
    with ray_head() as head:
        for name, value in head.env.items():
            monkeypatch.setenv(name, value)
        submit = ("submit", CONFIG, *words, "--address", head.dashboard)

        # Submitted, looked at, stopped: from a process that is no part of the cluster.
        code, stdout, stderr = running(*submit).end()
        assert code == 0, stderr
        name = f"factory-{settings.fingerprint}-1"
        assert f"job            {name} at {head.dashboard}" in stdout
        wait_until(lambda: at_work(1), "the first driver")
        status = running("status", str(folder)).end()[1]
        assert "driver         alive: attempt 1" in status
        assert f"job            {name}" in status
        there = running("status", str(folder), "--address", head.dashboard).end()[1]
        assert there == f"job            {name}: RUNNING\n"
        wait_until(lambda: "engine ready: scripted" in running("logs", str(folder)).end()[1], "lines of its log")
        code, stdout, stderr = running("stop", str(folder), "--wait").end()
        assert (code, "driver         ended" in stdout) == (0, True), (stdout, stderr)
        assert not every_question_once(settings)

        # Submitted again: what is missing is done, though the driver is killed on the way.
        close(gate, questions[-1].text)
        again = running(*submit, "--restarts", "2", "--wait")
        wait_until(lambda: at_work(2), "the second driver")
        last = last_attempt(store)
        assert last is not None
        close(gate)
        os.kill(last[1]["pid"], signal.SIGKILL)
        code, stdout, stderr = again.end()
        assert (code, "SUCCEEDED, exit status 0" in stdout) == (0, True), (stdout, stderr)
    last = last_attempt(store)
    assert last is not None
    assert (last[0], last[1]["ended_by"]) == (3, "end")
    assert every_question_once(settings)
