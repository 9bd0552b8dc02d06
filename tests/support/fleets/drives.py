"""Pretend workers of a drive, who answer when a test says so, and a membership that a test changes."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from actors.roster import Roster
from factory.records.tally import Tally
from factory.shards.commits import Receipt
from pipelines.driving.membership import Changes, Member


class Call:
    """Call that is answered when the test says so; its answer may be an error."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def __bool__(self) -> bool:
        return bool(self.answers)


class Worker:
    """Pretend worker: notes the units and the rosters that it is given, and what it is told."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.has: dict[str, Call] = {}
        self.peers: list[Roster] = []
        self.stops: list[float] = []
        self.leaves: list[float] = []
        # What it has under way, None for nothing, and the versions of the rosters that it was sent.
        self.says: Any = None
        self.rosters: list[int] = []
        self.run = SimpleNamespace(remote=self._run)
        self.ready = SimpleNamespace(remote=Call)
        self.underway = SimpleNamespace(remote=self._underway)
        self.stop = SimpleNamespace(remote=self.stops.append)
        self.leave = SimpleNamespace(remote=self.leaves.append)

    def _run(self, unit: Any, assignment: Any, others: Any) -> Call:
        self.peers.append(assignment.roster)
        self.has[unit.id] = Call()
        return self.has[unit.id]

    def _underway(self, assignment_id: str, others: Any, *, lessons: bool, roster: Roster | None = None) -> Call:
        if roster is not None:
            self.rosters.append(roster.version)
        return Call(self.says)

    def answer(self, unit_id: str, answer: Any) -> None:
        self.has.pop(unit_id).answers.append(answer)

    def commit(self, unit_id: str) -> None:
        tally = Tally(questions=2)
        self.answer(unit_id, Receipt(unit_id=unit_id, name="", n_bytes=0, tally=tally, added=tally, created=True))


@dataclass(frozen=True)
class Assignment:
    """Pretend assignment."""

    id: str = "run"
    roster: Any = None


class Fleet:
    """Membership that a test changes; it has the engines "e1" and so on, which nobody looks at."""

    def __init__(self, *workers: str) -> None:
        self.workers = {name: Worker(name) for name in workers}
        self.leaving: dict[str, float | None] = {}
        self.idled: list[str] = []
        self.asked: list[int] = []
        self.own_end: float | None = None
        self._version, self._shown = 1, 0

    def change(self, *workers: str, **leaving: float | None) -> None:
        self.workers = {name: self.workers.get(name) or Worker(name) for name in workers}
        self.leaving = leaving
        self._version += 1

    def look(self, now: float, questions_left: int) -> Changes | None:
        self.asked.append(questions_left)
        if self._shown == self._version:
            return None
        self._shown = self._version
        roster = Roster(version=self._version, pools={"policy": (f"e{self._version}",)}, writers=("w",))
        members = tuple(Member(name, worker) for name, worker in self.workers.items())
        return Changes(
            roster=roster,
            engines={},
            workers=members,
            leaving=self.leaving,
            nodes=3,
            leaving_nodes=1,
            driver_leaves=self.own_end is not None,
            driver_deadline=self.own_end,
            said=(f"engine {self._version} is back",) * (self.own_end is not None),
        )

    def heard(self, engine: str, stats: Any, now: float, *, dead: bool) -> None: ...

    def idle(self, worker: str) -> None:
        self.idled.append(worker)


def answer_of(call: Call) -> Any:
    """Return what a call was answered with, or raise it."""
    answer = call.answers[0]
    if isinstance(answer, Exception):
        raise answer
    return answer
