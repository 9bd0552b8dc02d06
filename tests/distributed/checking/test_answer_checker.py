"""Answer checker as a real, async Ray actor: off the main thread, where math-verify's own time-outs raise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import ray
from support.waiting import HANGS_S, wait_until

from actors.answer_checker import AnswerChecker
from factory.types import Outcome, Question

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]
ROOT = Path(__file__).parents[3]
EASY = (Question(text="", gold="5"), r"\boxed{5}")
HARD = (Question(text="", gold=r"\sqrt{8}"), r"\boxed{2\sqrt{2}}")


@pytest.fixture
def checker() -> Iterator[ray.actor.ActorHandle]:
    actor = ray.remote(AnswerChecker).options(num_cpus=0, max_concurrency=100)
    made = actor.remote("math_answer", {}, workers=1, timeout_s=HANGS_S)
    yield made
    ray.kill(made)


def test_a_batch_keeps_its_order_whichever_path_settles_it(checker: ray.actor.ActorHandle) -> None:
    verdicts = ray.get(checker.check.remote([HARD, EASY, (EASY[0], r"\boxed{6}"), HARD]), timeout=HANGS_S)
    expected = [Outcome.CORRECT, Outcome.CORRECT, Outcome.INCORRECT, Outcome.CORRECT]
    assert [verdict.outcome for verdict in verdicts] == expected
    stats = ray.get(checker.stats.remote(), timeout=HANGS_S)
    assert (stats["settled_fast"], stats["settled_slow"]) == (2, 2)
    ray.get(checker.close.remote(), timeout=HANGS_S)


def misbehaving(timeout_s: float) -> ray.actor.ActorHandle:
    """A started actor around one worker of the misbehaving checker."""
    environment = {"env_vars": {"PYTHONPATH": str(ROOT)}}
    actor = ray.remote(AnswerChecker).options(num_cpus=0, max_concurrency=100, runtime_env=environment)
    config = {"confined": False, "timeout_s": timeout_s}
    checker = actor.remote("tests.support.plugins.checkers", config, workers=1)
    ray.get(checker.check.remote([(Question(text="", gold="ok"), "x")]), timeout=HANGS_S)
    return checker


def test_a_hang_holds_up_neither_the_actor_nor_its_other_calls() -> None:
    checker = misbehaving(timeout_s=10 * HANGS_S)
    hanging = checker.check.remote([(Question(text="", gold="hang"), "x")])
    ray.get([checker.check.remote([(Question(text="", gold="fast"), "x")]) for _ in range(50)], timeout=HANGS_S)
    assert ray.wait([hanging], timeout=0)[0] == []
    ray.kill(checker)


def test_a_killed_actor_leaves_no_process(checker: ray.actor.ActorHandle) -> None:
    ray.get(checker.check.remote([HARD]), timeout=HANGS_S)
    before = _zygotes()
    assert before
    ray.kill(checker)
    wait_until(lambda: not any(process.is_running() for process in before))


def _zygotes() -> list[psutil.Process]:
    """Ours only: children of this test's own Ray workers."""
    return [p for p in psutil.Process().children(recursive=True) if "actors.checking.zygote" in p.cmdline()]


def test_a_cancelled_batch_does_not_keep_the_next_one_waiting(tmp_path: Path) -> None:
    checker = misbehaving(timeout_s=3)
    begun = tmp_path / "begun"
    hang = Question(text="", gold="hang")
    hanging = checker.check.remote([(Question(text="", gold="start and hang"), str(begun)), *[(hang, "x")] * 19])
    wait_until(begun.exists)
    ray.cancel(hanging)
    ray.get(checker.check.remote([(Question(text="", gold="ok"), "x")]), timeout=HANGS_S)
    assert ray.get(checker.stats.remote(), timeout=HANGS_S)["timeout"] < 10  # of twenty
    assert ray.get(checker.check.remote([(hang, "x")]), timeout=HANGS_S)[0].outcome is Outcome.TIMEOUT
    ray.kill(checker)
