"""Lookout of a drive: asks engines and workers again and again, and passes on what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import ray
from ray.exceptions import RayActorError

from actors.underway import Underway
from factory.records.example import Example
from factory.records.tally import Tally
from pipelines.driving.crew import Crew
from pipelines.driving.demand import Demand, EngineLoad
from pipelines.driving.engine_figures import EngineBook
from pipelines.driving.polls import Polls
from pipelines.driving.run_experience import RunExperience

# Seconds between two questions to the same engine, and to the same worker.
ENGINES_EVERY_S, WORKERS_EVERY_S = 0.2, 0.25
# Seconds after which what an engine said last is too old to hand out work by.
LATE_S = 2.0
# Every so many of the latter, workers say what they have learnt, and hear what the others have.
LESSONS_EVERY = 8


class Lookout:
    """Ear of the driver: what engines and workers say goes to the hand-out and to the figures.

    Args:
      crew: the rollout workers.
      engines: handles of generators by role; those that the hand-out counts come first.
      demand: account of the hand-out, of so many engines as it counts.
      experience: what the run has learnt; None where it shall learn nothing.
    """

    def __init__(
        self, crew: Crew, engines: Mapping[str, Sequence[Any]], demand: Demand, experience: RunExperience | None = None
    ) -> None:
        self._crew = crew
        self._demand = demand
        self._experience = experience
        self._asked = [0] * len(crew)
        handles = [handle for pool in engines.values() for handle in pool]
        self._book = EngineBook([role for role, pool in engines.items() for _ in pool])
        self._tallies = [Tally() for _ in range(len(crew))]
        # What units have cost that are committed, until their worker speaks of them no more.
        self._committed: list[dict[str, Tally]] = [{} for _ in range(len(crew))]
        self._engines = Polls(lambda index: handles[index].stats.remote(), len(handles), ENGINES_EVERY_S)
        self._workers = Polls(self._ask, len(crew), WORKERS_EVERY_S)
        self._unfinished = [0] * len(crew)
        # First labelled solution that a worker has told of.
        self.example: Example | None = None
        # What workers have to say of the spool, again and again.
        self.remarks: set[str] = set()
        self.engines = self._book.figures

    def look(self, now: float) -> None:
        """Take the answers that have come, and ask anew who is due. `now` is monotonic, in seconds."""
        for index, stats in self._engines.answers(now):
            self._book.hear(index, stats, now)
            self._hear_load(index, self._book.figures[index].load)
        for index in self._engines.late(now, LATE_S):
            self._hear_load(index, None)
        for worker, said in self._workers.answers(now):
            self._tallies[worker] = self._still_under_way(worker, said) if said else Tally()
            self._unfinished[worker] = sum(said.unfinished.values()) if said else 0
            if said:
                self._demand.hear_worker(worker, said.unfinished)
                self.example = self.example or said.example
                self.remarks.update(said.remarks)
            if said and said.lessons and self._experience:
                self._experience.hear(worker, said.experience, said.lessons)
        if self._engines.due(now):
            self._demand.looked()
        self._workers.due(now)

    def _hear_load(self, index: int, load: EngineLoad | None) -> None:
        """Tell the hand-out the load of an engine, if it counts that one."""
        if index < self._demand.engines:
            self._demand.hear_engine(index, load)

    def _ask(self, worker: int) -> Any:
        """Ask a worker what it has under way; now and then both sides say what was learnt."""
        self._asked[worker] += 1
        if self._experience is None or self._asked[worker] % LESSONS_EVERY:
            return self._crew.ask(worker)
        return self._crew.ask(worker, self._experience.others(worker), lessons=True)

    def last_lessons(self, seconds: float) -> None:
        """Hear once more what the workers have learnt; who is silent for `seconds` is left out."""
        if self._experience is None:
            return
        calls = {self._crew.ask(worker, lessons=True): worker for worker in self._crew.up}
        ready, _ = ray.wait([*calls], num_returns=len(calls), timeout=seconds) if calls else ([], [])
        for ref in ready:
            with suppress(RayActorError):
                said = ray.get(ref)
                if said:
                    self._experience.hear(calls[ref], said.experience, said.lessons)

    def committed(self, worker: int, unit_id: str, added: Tally) -> None:
        """Take what a unit has cost from what its worker last said is under way: it counts as committed now."""
        self._tallies[worker] = self._tallies[worker].beyond(added)
        self._committed[worker][unit_id] = added

    def _still_under_way(self, worker: int, said: Underway) -> Tally:
        """Return what a worker has under way, without units whose receipt was faster than this word of it."""
        late = {unit: added for unit, added in self._committed[worker].items() if unit in said.unfinished}
        self._committed[worker] = late
        tally = said.tally
        for added in late.values():
            tally = tally.beyond(added)
        return tally

    @property
    def unfinished(self) -> int:
        """Questions that workers have begun and not finished, as they last said."""
        return sum(self._unfinished)

    def underway(self) -> Tally:
        """Return counts of what the workers have not committed yet, as they last said."""
        total = Tally()
        for tally in self._tallies:
            total.add(tally)
        return total
