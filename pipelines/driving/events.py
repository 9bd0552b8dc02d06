"""Events of a drive: what happened to one unit, one question or one actor, with their ids, for the run's log. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from actors.underway import FailedQuestion
from pipelines.driving.membership import Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Event of a drive.

    Attributes:
      kind: what kind of thing happened, in a word or two.
      text: what a person reads.
      trouble: True for what should not happen.
      ids: "unit", "question" and "actor" that it is about, as far as there are such.
    """

    kind: str
    text: str
    trouble: bool = False
    ids: Mapping[str, str] = field(default_factory=dict)


def retried(unit_id: str, worker: str, cause: str) -> Event:
    """Return the event of a unit that is done again, as its worker died; `cause` says how."""
    text = f"the unit is done again, as its worker died: {cause}"
    return Event(kind="unit retried", text=text, trouble=True, ids={"unit": unit_id, "actor": worker})


def moved(unit_id: str, worker: str) -> Event:
    """Return the event of a unit that goes to another worker, as its own has to leave."""
    text = "the unit goes to another worker, as its own leaves"
    return Event(kind="unit moved", text=text, ids={"unit": unit_id, "actor": worker})


def failed(question: FailedQuestion, worker: str) -> Event:
    """Return the event of a question that failed."""
    ids = {"unit": question.unit, "question": question.question, "actor": worker}
    return Event(kind="question failed", text=question.why, trouble=True, ids=ids)


class RosterEvents:
    """Events of those who join a run, leave it, and are gone. Those with whom it begins are one event."""

    def __init__(self) -> None:
        # Role of everybody, by name; None before the first news.
        self._there: Mapping[str, str] | None = None
        self._leaving: set[str] = set()

    def hear(self, changes: Changes) -> list[Event]:
        """Return what has changed since the last time."""
        there = {member.name: f"{role} engine" for role, pool in changes.engines.items() for member in pool}
        there |= {member.name: "rollout worker" for member in changes.workers}
        before, self._there = self._there, there
        if before is None:
            workers = len(changes.workers)
            text = f"begun with {len(there) - workers} engines and {workers} rollout workers"
            return [Event(kind="roster", text=text)]
        events = [_roster_event("joined", name, there[name]) for name in there if name not in before]
        events += [
            _roster_event("leaves", name, there[name])
            for name in changes.leaving
            if name in there and name not in self._leaving
        ]
        events += [_roster_event("gone", name, before[name]) for name in before if name not in there]
        self._leaving = set(changes.leaving)
        return events


def _roster_event(what: str, name: str, role: str) -> Event:
    """Return the event of one actor."""
    texts = {"joined": "has joined the run", "leaves": "gets nothing new and leaves", "gone": "is gone"}
    return Event(kind=what, text=f"a {role} {texts[what]}", ids={"actor": name})
