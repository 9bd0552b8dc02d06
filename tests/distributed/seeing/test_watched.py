"""`factory watch` and `status` beside a run on S3 that is killed and resumed, while the store is away from the watcher.

The run's own way to the store stays open: only the watcher goes through the proxy.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import ray
from omegaconf import OmegaConf
from support.commands import Running
from support.plugins.gate import close, waiting
from support.runs import config_for
from support.s3 import access
from support.waiting import HANGS_S, wait_until

from tools.commands.entry.json_output import plain
from tools.commands.status import status_figures
from tools.s3.fault_proxy import FaultProxy

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]
UNITS, FREE, IN_FLIGHT = 6, 2, 2


@contextmanager
def asked_again_and_again(folder: str) -> Iterator[list[dict[str, Any]]]:
    """Open a block beside which `factory status --json` is asked all the time; what it raises, the block raises."""
    answers: list[dict[str, Any]] = []
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.3):
            answers.append(json.loads(json.dumps(plain(status_figures(folder)))))

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask)
        try:
            yield answers
        finally:
            over.set()
        asking.result(HANGS_S)


def test_a_run_on_s3_that_is_killed_and_resumed_is_followed_to_its_end(
    running: Callable[..., Running],
    s3_server: Any,
    s3_bucket: str,
    proxy: FaultProxy,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder, config, gate = f"s3://{s3_bucket}/runs/mine", tmp_path / "config.yaml", tmp_path / "gate"
    sections: dict[str, Any] = {
        "source": {"n": UNITS},
        "run": {"unit_size": 1},
        "engine": {"kind": "tests.support.plugins.engines", "steps": 5, "words": 3, "gate": str(gate)},
        # The tests' Ray saves starting two; its actors do not have the environment of this test.
        "storage": access(s3_server),
        "cluster": {"units_in_flight": IN_FLIGHT, "address": ray.get_runtime_context().gcs_address},
    }
    plain = config_for(tmp_path, **sections)
    plain["run"]["dir"] = folder
    OmegaConf.save(OmegaConf.create(plain), config)
    close(gate, *(f"question {number} " for number in range(FREE, UNITS)))

    # A run that has committed what it may.
    run = running("run", str(config))
    run.wait_for(lambda: len(waiting(gate)) == IN_FLIGHT)
    with monkeypatch.context() as patched:
        patched.setenv("AWS_ENDPOINT_URL", proxy.endpoint_url)
        watch = running("watch", folder, "--interval", "0.2")
    watch.wait_for(lambda: f"running · questions {FREE}/{UNITS}" in watch.stdout)

    with asked_again_and_again(folder) as answers:
        # The store is away for a while.
        proxy.down(True)
        watch.wait_for(lambda: proxy.endpoint_url in watch.stdout or "does not answer" in watch.stdout)
        proxy.down(False)

        # The driver is killed.
        run.kill()
        watch.wait_for(lambda: f"driver gone, not complete · questions {FREE}/{UNITS}" in watch.stdout)
        code, said, _ = running("status", folder).end()
        assert (code, "gone without a word" in said) == (0, True)

        # Somebody resumes it; the watcher ends with it.
        gate.unlink()
        code, _, stderr = running(
            "resume", folder, *(f"storage.{key}={value}" for key, value in access(s3_server).items())
        ).end()
        assert code == 0, stderr
        code, said, stderr = watch.end()
        assert (code, stderr) == (0, "")
    assert {answer["driver"]["state"] for answer in answers} >= {"alive", "gone"}
    done = [answer["questions"]["done"] for answer in answers]
    assert (done[0], done) == (FREE, sorted(done))
    assert status_figures(folder)["complete"]
    assert f"complete, {UNITS} of {UNITS} questions (100%)" in said
    wait_until(lambda: not watch.alive(), "the end of the watcher")
