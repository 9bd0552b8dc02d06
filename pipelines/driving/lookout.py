"""Lookout of a drive: asks engines and workers again and again, and passes on what they say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import RayActorError

from actors.underway import FailedQuestion, Underway
from factory.records.example import Example
from factory.records.tally import Tally
from pipelines.driving import events
from pipelines.driving.crew import Crew
from pipelines.driving.demand import Demand, EngineLoad
from pipelines.driving.engine_figures import EngineBook, EngineFigures
from pipelines.driving.membership import Member
from pipelines.driving.polls import News, Polls
from pipelines.driving.run_experience import RunExperience

# Seconds between two questions to the same engine, and to the same worker.
ENGINES_EVERY_S, WORKERS_EVERY_S = 0.2, 0.25
# Seconds after which what an engine said last is too old to hand out work by.
LATE_S = 2.0
# Every so many of the latter, workers say what they have learnt, and hear what the others have.
LESSONS_EVERY = 8
EngineNews = Callable[[News[str]], None]
"""Hearer of what an engine has said, by its name."""


@dataclass(slots=True)
class _Heard:
    """Word of one worker.

    * `asked`: how often it was asked.
    * `tally`: what it has under way, as it last said.
    * `unfinished`: questions that it has begun and not finished.
    * `committed`: what units have cost that are committed, until the worker speaks of them no more.
    * `failures`: questions that failed since its start, by the type of their error; None before it was heard.
    * `named`: number of the last question that it has named as failed.
    """

    asked: int = 0
    tally: Tally = field(default_factory=Tally)
    unfinished: int = 0
    committed: dict[str, Tally] = field(default_factory=dict)
    failures: Mapping[str, int] | None = None
    named: int = 0

    def count(self, failures: Mapping[str, int], total: Counter[str]) -> None:
        """Add to `total` what has failed since the worker was last heard; totals that went down began anew."""
        # What was there when it was first heard was another run's.
        before = failures if self.failures is None else self.failures
        anew = any(failures.get(kind, 0) < number for kind, number in before.items())
        total.update({kind: number - (0 if anew else before.get(kind, 0)) for kind, number in failures.items()})
        self.failures = failures

    def name(self, failed: Sequence[FailedQuestion]) -> list[FailedQuestion]:
        """Return those of the questions that the worker has not named before."""
        last = failed[-1].number if failed else 0
        # A worker that was started anew counts from 1 again.
        before, self.named = self.named if last >= self.named else 0, last
        return [one for one in failed if one.number > before]


class Lookout:
    """Ear of the driver: what engines and workers say goes to the hand-out and to the figures.

    Args:
      crew: the rollout workers.
      engines: the engines by role.
      counted: roles whose engines the hand-out counts.
      demand: account of the hand-out.
      experience: what the run has learnt; None where it shall learn nothing.
      tell: hears all news of engines.
    """

    def __init__(
        self,
        crew: Crew,
        engines: Mapping[str, Sequence[Member]],
        counted: Collection[str],
        demand: Demand,
        experience: RunExperience | None = None,
        tell: EngineNews = lambda news: None,
    ) -> None:
        self._crew = crew
        self._counted = counted
        self._demand = demand
        self._experience = experience
        self._tell = tell
        self._handles: dict[str, Any] = {}
        # Engines of counted roles; of these, those that leave want no work.
        self._loads: set[str] = set()
        self._leaving: set[str] = set()
        self._book = EngineBook()
        self._engines: Polls[str] = Polls(lambda name: self._handles[name].stats.remote(), (), ENGINES_EVERY_S)
        self._heard = {worker: _Heard() for worker in crew.numbers}
        self._workers: Polls[int] = Polls(self._ask, crew.numbers, WORKERS_EVERY_S)
        # First labelled solution that a worker has told of.
        self.example: Example | None = None
        # Questions that failed in this run, by the type of their error.
        self.failures: Counter[str] = Counter()
        # What workers have to say of the spool, again and again.
        self.remarks: set[str] = set()
        # What happened to single questions since somebody has looked.
        self.events: list[events.Event] = []
        self.follow_engines(engines, ())

    @property
    def engines(self) -> list[EngineFigures]:
        """Figures of the engines that are there."""
        return self._book.figures

    @property
    def gone(self) -> list[EngineFigures]:
        """Figures of the engines that have left the run, summed up by role."""
        return self._book.gone

    def follow_engines(self, engines: Mapping[str, Sequence[Member]], leaving: Collection[str]) -> None:
        """Take it that exactly these engines belong to the run; those in `leaving` want no work."""
        named = {member.name: (role, member.actor) for role, pool in engines.items() for member in pool}
        for name in self._handles.keys() - named.keys():
            del self._handles[name]
            self._engines.remove(name)
            self._book.remove(name)
            self._loads.discard(name)
            self._demand.remove_engine(name)
        for name, (role, actor) in named.items():
            if name in self._handles:
                continue
            self._handles[name] = actor
            self._engines.add(name)
            self._book.add(name, role)
            if role in self._counted:
                self._loads.add(name)
                self._demand.add_engine(name)
        self._leaving = set(leaving)
        for name in self._leaving & self._loads:
            self._demand.hear_engine(name, None)

    def follow_crew(self, gone: Collection[int]) -> None:
        """Ask the workers that have joined the crew, too, and forget those that are `gone`."""
        for worker in gone:
            self._workers.remove(worker)
            del self._heard[worker]
            if self._experience:
                self._experience.left(worker)
        for worker in self._crew.numbers:
            if worker not in self._heard:
                self._heard[worker] = _Heard()
                self._workers.add(worker)

    def look(self, now: float) -> None:
        """Take the answers that have come, and ask anew who is due. `now` is monotonic, in seconds."""
        for news in self._engines.answers(now):
            self._book.hear(news.key, news.said, now)
            self._hear_load(news.key, self._book.of(news.key).load)
            self._tell(news)
        for name in self._engines.late(now, LATE_S):
            self._hear_load(name, None)
        for word in self._workers.answers(now):
            self._hear_worker(word.key, word.said)
        if self._engines.due(now):
            self._demand.looked()
        self._workers.due(now)

    def _hear_worker(self, worker: int, said: Underway | None) -> None:
        """Take what a worker has said; None for one that is silent or dead."""
        heard = self._heard[worker]
        heard.tally = self._still_under_way(heard, said) if said else Tally()
        heard.unfinished = sum(said.unfinished.values()) if said else 0
        if said is None:
            return
        self._demand.hear_worker(worker, said.unfinished)
        self._crew.knows(worker, said.roster)
        heard.count(said.failures, self.failures)
        self.example = self.example or said.example
        self.remarks.update(said.remarks)
        self.events += [events.failed(one, self._crew.name(worker)) for one in heard.name(said.failed)]
        if said.lessons and self._experience:
            self._experience.hear(worker, said.experience, said.lessons)

    def _hear_load(self, name: str, load: EngineLoad | None) -> None:
        """Tell the hand-out the load of an engine, if it counts that one."""
        if name in self._loads:
            self._demand.hear_engine(name, None if name in self._leaving else load)

    def _ask(self, worker: int) -> Any:
        """Ask a worker what it has under way; now and then both sides say what was learnt."""
        heard = self._heard[worker]
        heard.asked += 1
        if self._experience is None or heard.asked % LESSONS_EVERY:
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
        heard = self._heard.get(worker)
        if heard is not None:
            heard.tally = heard.tally.beyond(added)
            heard.committed[unit_id] = added

    def _still_under_way(self, heard: _Heard, said: Underway) -> Tally:
        """Return what a worker has under way, without units whose receipt was faster than this word of it."""
        heard.committed = {unit: added for unit, added in heard.committed.items() if unit in said.unfinished}
        tally = said.tally
        for added in heard.committed.values():
            tally = tally.beyond(added)
        return tally

    @property
    def unfinished(self) -> int:
        """Questions that workers have begun and not finished, as they last said."""
        return sum(heard.unfinished for heard in self._heard.values())

    def underway(self) -> Tally:
        """Return counts of what the workers have not committed yet, as they last said."""
        total = Tally()
        for heard in self._heard.values():
            total.add(heard.tally)
        return total
