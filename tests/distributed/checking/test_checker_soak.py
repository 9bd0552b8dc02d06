"""Hostile outputs through an actor whose workers are killed all the time; and the pool in actors of every kind."""

from __future__ import annotations

import pytest
import ray
from support.waiting import HANGS_S

from actors.checking.pool import LIVES, CheckerPool
from factory.types import Outcome, Question
from tools.checker_audit.soak import soak

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]


@pytest.mark.long
def test_no_verdict_is_lost_swapped_or_wrong_while_workers_are_killed() -> None:
    figures = soak(1_500, workers=2, kill_every_s=0.5, seed=1)
    assert figures["workers_killed"] > 0
    assert (figures["lost"], figures["swapped"], figures["wrong"]) == (0, [], [])
    # On a busy machine a check may be killed, or wait, until it is given up: it takes so many kills.
    assert len(figures["undecided"]) * LIVES <= figures["workers_killed"]
    assert figures["outcomes"]["correct"] > 100


class Blocking:
    """An actor of sync methods around a pool."""

    def __init__(self) -> None:
        self._pool = CheckerPool("math_answer", {}, workers=1, timeout_s=60)

    def check(self, batch: list[tuple[Question, str]]) -> list[Outcome]:
        return [verdict.outcome for verdict in self._pool.check(batch)]

    def close(self) -> None:
        self._pool.close()


@pytest.mark.parametrize("threads", [1, 4])
def test_the_pool_works_in_sync_and_in_threaded_actors(threads: int) -> None:
    actor = ray.remote(Blocking).options(num_cpus=0, max_concurrency=threads).remote()
    batch = [(Question(text="", gold=r"\sqrt{8}"), rf"\boxed{{2\sqrt{{{n}}}}}") for n in (2, 3)]
    found = ray.get([actor.check.remote(batch) for _ in range(4)], timeout=HANGS_S)
    assert found == [[Outcome.CORRECT, Outcome.INCORRECT]] * 4
    ray.get(actor.close.remote(), timeout=HANGS_S)
    ray.kill(actor)
