"""Rollout worker: takes units of questions from start to committed shard.

It belongs to no run: every unit brings its `Assignment`. What is done with it is in `assigned_work.py`.
"""

from __future__ import annotations

import gc
from collections import Counter

from actors import json_log
from actors.assigned_work import AssignedWork, Assignment
from actors.roster import Roster
from actors.underway import Underway
from factory.labelling.experience import Lessons
from factory.shards.commits import Receipt
from factory.shards.spool import Unfinished
from factory.shards.units import Unit

# Thresholds of Python's garbage collection. With its own (700), looking through living trees takes 7 % of a worker's
# CPU (tools/bench/rollouts.py). A finished tree is a cycle: all are looked through after 200,000 new objects.
COLLECTED = (10_000, 10, 2)


class RolloutWorker:
    """Actor that works on units of questions; one per few CPU cores. `run` may be called for several units at a time.

    A worker that Ray has started anew needs nothing but its next unit.
    """

    def __init__(self) -> None:
        json_log.begin()
        gc.set_threshold(*COLLECTED)
        self._work: AssignedWork | None = None
        # Questions that failed since the start, of whichever run, by the type of their error.
        self._failures: Counter[str] = Counter()
        self._leaves = False

    async def ready(self) -> str:
        """Return the path that the worker's `factory` package was imported from, once the worker is up."""
        import factory

        return str(factory.__file__)

    async def run(self, unit: Unit, assignment: Assignment, others: Lessons | None = None) -> Receipt | Unfinished:
        """Do `unit` as `AssignedWork.run`, with what all `others` have learnt; None for no news."""
        if self._work is None or self._work.id != assignment.id:
            self._work = AssignedWork(assignment, self._failures)
        work = self._work
        json_log.about(run=work.run_id, unit=unit.id)
        work.ends = self._leaves
        work.hear(others)
        await work.follow(assignment.roster)
        return await work.run(unit)

    async def underway(
        self,
        assignment_id: str,
        others: Lessons | None = None,
        *,
        lessons: bool = False,
        roster: Roster | None = None,
    ) -> Underway | None:
        """Return what is not committed yet of that assignment; None where the worker has another one, or none.

        Args:
          assignment_id: id of the assignment.
          others: what everybody else has learnt, None for no news.
          lessons: True has this worker say what it has learnt.
          roster: who may be called from now on, None for no news. An older one than the worker has is no news either.
        """
        if self._work is None or self._work.id != assignment_id:
            return None
        work = self._work
        work.hear(others)
        if roster is not None:
            await work.follow(roster)
        return work.underway(lessons)

    async def stop(self, grace_s: float) -> None:
        """Keep what is finished now, and cancel what is under way after `grace_s` seconds, as `AssignedWork.stop`."""
        if self._work is not None:
            await self._work.stop(grace_s)

    async def leave(self, deadline_s: float) -> None:
        """Begin no unit any more, for good, and give back what is unfinished after `deadline_s` seconds, as `stop`.

        A worker leaves with its node, or as there are more of them than work.
        """
        self._leaves = True
        if self._work is not None:
            self._work.ends = True
            await self._work.stop(deadline_s)

    async def close(self) -> None:
        """Write nothing any more, and wait for what is being written: a worker that is killed leaves half of it."""
        if self._work is not None:
            await self._work.close()
