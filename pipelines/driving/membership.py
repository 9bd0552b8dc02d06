"""Membership of a run: which workers and engines belong to it just now, as somebody tells the driver who starts them.

The driver asks again and again; whoever answers (`pipelines/elastic/keeper.py`) starts, moves and ends actors. Pure
data and a protocol: no Ray.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from actors.roster import Roster


@dataclass(frozen=True, slots=True)
class Member:
    """Actor that belongs to a run: its name, which nobody else has, and its handle."""

    name: str
    actor: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Everybody who belongs to a run from now on, as a whole: who is not named any more is gone.

    Attributes:
      roster: what workers are told of it.
      engines: engines by role, those that leave included.
      workers: rollout workers, those that leave included.
      leaving: of both, those that get nothing new; by name, with the monotonic time at which a worker has to give back
        what is not finished, None where nobody hurries.
      nodes: machines that work for the run.
      leaving_nodes: those of them that are about to be taken away.
      driver_leaves: True where the driver's own node is one of them; `driver_deadline` is when, None for any time.
      said: sentences for the user.
    """

    roster: Roster
    engines: Mapping[str, tuple[Member, ...]]
    workers: tuple[Member, ...]
    leaving: Mapping[str, float | None] = field(default_factory=dict)
    nodes: int = 0
    leaving_nodes: int = 0
    driver_leaves: bool = False
    driver_deadline: float | None = None
    said: tuple[str, ...] = ()


class Membership(Protocol):
    """Whoever starts and ends the actors of a run, as the driver sees it. No method waits."""

    def look(self, now: float, questions_left: int) -> Changes | None:
        """Return who belongs to the run, at the first call and whenever that has changed; None for no news.

        Args:
          now: monotonic time in seconds.
          questions_left: questions that are not committed yet.
        """

    def heard(self, engine: str, stats: Mapping[str, float] | None, now: float, *, dead: bool) -> None:
        """Take what an engine says of itself (`Generator.stats`); None where it is silent or `dead`."""

    def idle(self, worker: str) -> None:
        """Note that a worker that leaves has nothing in hand any more."""


def members(actors: Iterable[Any], prefix: str = "") -> tuple[Member, ...]:
    """Return actors whose names nobody needs to know as members, in order; the names begin with `prefix`."""
    return tuple(Member(f"{prefix}{index}", actor) for index, actor in enumerate(actors))
