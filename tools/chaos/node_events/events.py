"""Events of nodes as they were made, and when each is over. Pure: sights come in, seconds and faults come out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tools.chaos.node_events.walk import KnownNode, Turn
from tools.chaos.schedule import NODE, NODE_ADDED, NODE_DRAINED

# Seconds within which a node that was added has to be used, and for which nothing of ours is on a node that is empty.
USED_WITHIN_S, EMPTY_S = 30.0, 2.0
# An event that is not over by then never will be.
RECOVERY_S = 180.0


@dataclass(slots=True)
class Event:
    """Event that was made.

    * `turn`: its role, and the node that it is about.
    * `at`: monotonic time at which it began; of a node that was added, at which Ray knew it.
    * `units`: units committed by then.
    * `seconds`: until the node was used, was empty, or, where it was killed, a unit was committed; None before.
    * `gone_at`: when the node was taken away; None before, or where it stays.
    * `late`: what was still on it when its notice ran out.
    * `is_over`: True once it is not followed any more.
    """

    turn: Turn
    node: KnownNode
    at: float
    units: int
    seconds: float | None = None
    gone_at: float | None = None
    late: list[str] = field(default_factory=list)
    is_over: bool = False
    empty_since: float | None = None

    @property
    def role(self) -> str:
        """Role of its turn."""
        return self.turn.role

    def see(self, now: float, on_it: Sequence[str], committed: int) -> None:
        """Take a look at the node.

        Args:
          now: monotonic time in seconds.
          on_it: actors of ours that are on it.
          committed: units committed by now.
        """
        self.empty_since = None if on_it else now if self.empty_since is None else self.empty_since
        if self.seconds is None:
            self.seconds = self._seconds(now, committed)
        # A notice may run out over somebody: the node is gone all the same, and the run has to go on.
        done = self.seconds is not None if self.role == NODE_ADDED else self.gone_at is not None
        self.is_over = self.is_over or (done and committed > self.units) or now - self.at > RECOVERY_S

    def _seconds(self, now: float, committed: int) -> float | None:
        """Return the seconds after which what it asks for has happened; None while it has not."""
        if self.role == NODE_ADDED:
            return None if self.node.used_at is None else self.node.used_at - self.at
        if self.role == NODE:
            return now - self.at if committed > self.units else None
        if self.gone_at is not None:
            return None if self.late else self.gone_at - self.at
        if self.empty_since is None or now - self.empty_since < EMPTY_S:
            return None
        return self.empty_since - self.at

    @property
    def may_go(self) -> bool:
        """True where the node is drained, nobody hurries, and it is empty."""
        return self.role == NODE_DRAINED and self.seconds is not None


def faults(events: Sequence[Event], turns: Sequence[Turn]) -> dict[str, list[str]]:
    """Return one line per fault, by kind.

    Args:
      events: those that were made.
      turns: those that should have been.
    """
    return {
        "not_recovered": [f"{event.role} after {event.units} units" for event in events if event.seconds is None],
        "not_made": [turn.role for turn in turns[len(events) :]],
        "unused": [
            f"a node was first used {event.seconds:.1f} s after Ray knew it"
            for event in events
            if event.role == NODE_ADDED and event.seconds is not None and event.seconds > USED_WITHIN_S
        ],
        "late": [f"on a node at the end of its notice: {', '.join(event.late)}" for event in events if event.late],
    }


def deaths(events: Sequence[Event], on: Mapping[int, int]) -> dict[int, float]:
    """Return the monotonic times at which engines were killed with their node, by process id.

    Args:
      events: those that were made.
      on: raylets of the engines that were seen, by process id.
    """
    killed = {event.node.pid: event.gone_at for event in events if event.gone_at is not None}
    return {engine: at for engine, raylet in on.items() if (at := killed.get(raylet)) is not None}


def undue(twice: int, moved: int, lost_units: int, unit_size: int) -> list[str]:
    """Return the fault of questions that were worked on twice though nobody had to give them up; nothing else.

    Args:
      twice: questions of which something was computed twice.
      moved: questions whose worker had to leave before they were finished.
      lost_units: units whose worker was killed.
      unit_size: questions of each.
    """
    due = moved + lost_units * unit_size
    said = f"{twice} questions were worked on twice; {moved} were moved, {lost_units} units of {unit_size} lost: {due}"
    return [said] * (twice > due)
