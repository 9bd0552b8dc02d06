"""Pretend Ray for fleets: actors that start, fail and die as a test says, on nodes that it names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import factory
from factory.errors import WeightsRefused
from pipelines.driving.membership import Member
from pipelines.elastic.world import Answer
from pipelines.pools.pool import Pool
from pipelines.run.settings import Settings

WAITS, FETCHES, LOADS, READY, DIES, AWAY = "waits", "fetches", "loads", "ready", "dies", "away"
"""Ways of an actor: it has no room, fetches or loads its model for ever, is ready, dies, is just started again."""
RUNS, FETCHED = "runs", "fetched"
"""Questions to an actor beside the one whether it is ready: does it run, is its model there."""
# Questions that an actor of each kind does not answer.
_SILENT: Mapping[str, Collection[str]] = {WAITS: (RUNS, FETCHED, READY), FETCHES: (FETCHED, READY), LOADS: (READY,)}


@dataclass(frozen=True, eq=False)
class Ask:
    """Question to an actor."""

    name: str
    whether: str
    weights: str | None = None


class PretendWorld:
    """World of actors that are called by their role and a number: policy-1, policy-2, rollout worker-1.

    Attributes:
      does: how actors behave, by name; an error is raised when an engine gets ready. Others are `READY`.
      on: nodes of actors, by name; of an engine over several, with spaces between them.
      revision: weights that an engine has loaded, by name; those of others are "r", or named after their folder.
      refuses: folders of weights that no running engine takes.
      started, ended: names, in order.
      log: both, as "start NAME" and "end NAME".
      closed: True for each end of everybody that was hurried, False for the others.
      turns_until: questions that had been answered when an actor was started, by its name.
      avoided: nodes that were avoided at each start of an engine.
    """

    def __init__(self) -> None:
        self.does: dict[str, str | Exception] = {}
        self.on: dict[str, str] = {}
        self.revision: dict[str, str] = {}
        self.refuses: set[str] = set()
        self.log: list[str] = []
        self.turns_until: dict[str, int] = {}
        self._answered = 0
        self.avoided: list[Collection[str]] = []
        self.closed: list[bool] = []

    @property
    def started(self) -> list[str]:
        """Names of the actors that were started, in order."""
        return [line.removeprefix("start ") for line in self.log if line.startswith("start ")]

    @property
    def ended(self) -> list[str]:
        """Names of the actors that were ended, in order."""
        return [line.removeprefix("end ") for line in self.log if line.startswith("end ")]

    @property
    def running(self) -> list[str]:
        """Names of the actors that were started and not ended."""
        ended = set(self.ended)
        return [name for name in self.started if name not in ended]

    def serve(self, settings: Settings, keep_off: Collection[str]) -> None:
        """Start all actors alike, whatever the run is."""

    def start_engine(self, pool: Pool, avoid: Collection[str]) -> Member:
        """Start an engine."""
        self.avoided.append(avoid)
        return self.start_hand(pool.role)

    def start_hand(self, role: str) -> Member:
        """Start any actor."""
        number = sum(name.startswith(f"{role}-") for name in self.started) + 1
        self.log.append(f"start {role}-{number}")
        self.turns_until[f"{role}-{number}"] = self._answered
        return Member(f"{role}-{number}", object())

    def ask_runs(self, member: Member) -> Ask:
        """Ask whether an actor runs."""
        return Ask(member.name, RUNS)

    def ask_fetched(self, member: Member) -> Ask:
        """Ask an engine to bring its model."""
        return Ask(member.name, FETCHED)

    def ask_ready(self, member: Member, weights: str | None = None) -> Ask:
        """Ask an actor to get ready."""
        return Ask(member.name, READY, weights=weights)

    def answers(self, refs: Iterable[Any]) -> Mapping[Any, Answer]:
        """Return the answers that are there."""
        said = {ref: self._answer(ref) for ref in refs}
        self._answered += len(said)
        return {ref: answer for ref, answer in said.items() if answer is not None}

    def _answer(self, ask: Ask) -> Answer | None:
        does = self.does.get(ask.name, READY)
        if does == DIES:
            return Answer(died="it crashed")
        if does == AWAY:
            return Answer(away=True)
        if isinstance(does, str) and ask.whether in _SILENT.get(does, ()):
            return None
        if ask.whether != READY:
            return Answer(True)
        if isinstance(does, Exception):
            return Answer(error=does)
        if ask.name.startswith("rollout worker"):
            return Answer(factory.__file__)
        if ask.weights in self.refuses:
            return Answer(error=WeightsRefused(f"no {ask.weights}"))
        revision = self.revision.get(ask.name, "r" if ask.weights is None else f"of {ask.weights}")
        return Answer({"revision": revision, "engine": "pretend", "model": None, "weights": ask.weights})

    def end(self, member: Member, limit_s: float = 0.0) -> None:
        """End an actor at once."""
        self.log.append(f"end {member.name}")

    def sweep(self, now: float) -> None:
        """Do nothing: actors end at once."""

    @property
    def places(self) -> dict[str, tuple[str, ...]]:
        """Nodes of actors, by name."""
        return {name: tuple(nodes.split()) for name, nodes in self.on.items()}

    def where(self, members: Iterable[Member]) -> Mapping[str, tuple[str, ...]]:
        """Return the nodes of actors."""
        names = {member.name for member in members}
        return {name: nodes for name, nodes in self.places.items() if name in names}

    def close(self, members: Iterable[Member] | None = None, *, hurried: bool) -> None:
        """End these actors, or everybody."""
        if members is None:
            self.closed.append(hurried)
        for name in self.running if members is None else [member.name for member in members]:
            self.log.append(f"end {name}")
