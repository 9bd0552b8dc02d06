"""A run whose head is away in the middle, as its server is killed and started again with what Redis has kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from support.commands import ROOT, Running, title
from support.plugins.gate import close, waiting
from support.runs import every_question_once
from support.services.redis_head import SETTINGS, RedisHead, needs_redis, redis_head

from pipelines.run.settings import load

pytestmark = [pytest.mark.distributed, pytest.mark.long, needs_redis]
CONFIG = str(ROOT / "pipelines/label_steps.yaml")


def engine_of(head: RedisHead) -> psutil.Process:
    """Return the process of the only engine."""
    processes = psutil.Process(head.process.pid).children(recursive=True)
    [engine] = [process for process in processes if title(process).startswith("ray::Generator")]
    return engine


def test_a_run_goes_on_while_the_heads_server_is_down_and_after(
    tmp_path: Path, running: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, parts = tmp_path / "gate", tmp_path / "run/data"
    words = ["source.n=12", "run.unit_size=2", f"run.dir={tmp_path}/run", "model=none", "cluster.start_timeout_s=600"]
    words += ["engine.kind=tests.support.plugins.gated_scripted", f"engine.gate={gate}"]
    settings = load(CONFIG, words)
    texts = [question.text for question in settings.source.plugin.questions(settings.source.config)]

    def committed() -> int:
        return len(list(parts.glob("part-*")))

    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    close(gate, *texts[4:])
    with redis_head() as head:
        driver = running("run", CONFIG, *words, f"cluster.address={head.address}")
        driver.wait_for(lambda: bool(waiting(gate)) and committed() == 2)

        # Without the head's server the driver goes on, and so do those that know each other.
        head.kill_server()
        driver.wait_for(lambda: "Ray's head does not answer" in driver.stdout + driver.stderr)
        close(gate, *texts[8:])
        driver.wait_for(lambda: committed() == 4)

        # With it, what dies is started again.
        head.start_server()
        driver.wait_for(lambda: "Ray's head answers again" in driver.stdout + driver.stderr)
        engine_of(head).kill()
        close(gate)
        status, _, said = driver.end()
        assert status == 0, said
        driver.wait_until_all_are_gone()
    assert committed() == 6
    assert every_question_once(settings)
