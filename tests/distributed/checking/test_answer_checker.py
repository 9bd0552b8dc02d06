"""The checker as a real, async Ray actor: off the main thread, where math-verify's own time-outs raise."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import ray

from actors.answer_checker import AnswerChecker
from factory.types import Outcome, Question

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]
ROOT = Path(__file__).parents[3]
EASY = (Question(text="", gold="5"), r"\boxed{5}")
HARD = (Question(text="", gold=r"\sqrt{8}"), r"\boxed{2\sqrt{2}}")


@pytest.fixture
def checker() -> Iterator[ray.actor.ActorHandle]:
    actor = ray.remote(AnswerChecker).options(num_cpus=0, max_concurrency=100)
    made = actor.remote("math_answer", {}, workers=1, timeout_s=60)
    yield made
    ray.kill(made)


def test_a_batch_keeps_its_order_whichever_path_settles_it(checker: ray.actor.ActorHandle) -> None:
    verdicts = ray.get(checker.check.remote([HARD, EASY, (EASY[0], r"\boxed{6}"), HARD]), timeout=120)
    expected = [Outcome.CORRECT, Outcome.CORRECT, Outcome.INCORRECT, Outcome.CORRECT]
    assert [verdict.outcome for verdict in verdicts] == expected
    stats = ray.get(checker.stats.remote(), timeout=60)
    assert (stats["settled_fast"], stats["settled_slow"]) == (2, 2)
    ray.get(checker.close.remote(), timeout=60)


def test_a_hang_holds_up_neither_the_actor_nor_its_other_calls() -> None:
    environment = {"env_vars": {"PYTHONPATH": str(ROOT)}}
    actor = ray.remote(AnswerChecker).options(num_cpus=0, max_concurrency=100, runtime_env=environment)
    checker = actor.remote("tests.support.plugins.checkers", {}, workers=1, timeout_s=3)
    ray.get(checker.check.remote([(Question(text="", gold="ok"), "x")]), timeout=120)  # started
    hanging = checker.check.remote([(Question(text="", gold="hang"), "x")])
    started = time.monotonic()
    ray.get([checker.check.remote([(Question(text="", gold="fast"), "x")]) for _ in range(50)], timeout=60)
    assert time.monotonic() - started < 3
    assert ray.get(hanging, timeout=60)[0].outcome is Outcome.TIMEOUT
    ray.kill(checker)


def test_a_killed_actor_leaves_no_process(checker: ray.actor.ActorHandle) -> None:
    ray.get(checker.check.remote([HARD]), timeout=120)
    before = _zygotes()
    assert before
    ray.kill(checker)
    deadline = time.monotonic() + 20
    while any(p.is_running() for p in before) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(p.is_running() for p in before)


def _zygotes() -> list[psutil.Process]:
    """Ours only: children of this test's own Ray workers."""
    return [p for p in psutil.Process().children(recursive=True) if "actors.checking.zygote" in p.cmdline()]


def test_a_cancelled_batch_does_not_keep_the_next_one_waiting() -> None:
    environment = {"env_vars": {"PYTHONPATH": str(ROOT)}}
    actor = ray.remote(AnswerChecker).options(num_cpus=0, max_concurrency=100, runtime_env=environment)
    checker = actor.remote("tests.support.plugins.checkers", {}, workers=1, timeout_s=3)
    ray.get(checker.check.remote([(Question(text="", gold="ok"), "x")]), timeout=120)  # started
    hanging = checker.check.remote([(Question(text="", gold="hang"), "x")] * 20)
    time.sleep(0.5)
    ray.cancel(hanging)
    started = time.monotonic()
    ray.get(checker.check.remote([(Question(text="", gold="ok"), "x")]), timeout=120)
    assert time.monotonic() - started < 10  # one hang of 3 s, not twenty
    ray.kill(checker)
