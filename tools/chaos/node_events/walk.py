"""Walk of a campaign of node events: nodes come one by one up to a peak, then go one by one, again and again. Pure.

The same seed gives the same walk. It says how many nodes there are, not which: that is drawn among those that may leave
when it is their turn (`leaver`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tools.chaos.schedule import NODE, NODE_ADDED, NODE_DRAINED, NODE_PREEMPTED

LEAST, MOST = 1, 4
"""Nodes that stay, the head left out: at least, and at most."""
# Numbers at which the walk turns; the first wave goes from 1 to 3 and back.
PEAKS, LOWS = (3, MOST), (LEAST, 2)
# How nodes leave, with their share of every five times.
LEAVES = {NODE_DRAINED: 2, NODE_PREEMPTED: 2, NODE: 1}
# Nodes that may be alive at a time, those that leave included, and nodes that may wait for their first use.
MOST_ALIVE, MOST_UNUSED = 9, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Turn of a walk: which event is next. `draw`: in [0, 1), picks among the nodes that may leave."""

    role: str
    draw: float


@dataclass(slots=True)
class KnownNode:
    """Node as the campaign knows it.

    * `pid`: process id of its raylet.
    * `known_at`: monotonic time at which Ray knew it; `used_at`: at which an engine on it had answered first.
    * `leaves`: True from when it was told to leave, or was killed.
    """

    pid: int
    known_at: float
    used_at: float | None = None
    leaves: bool = False


def walk(events: int, seed: int) -> list[Turn]:
    """Return the events of a campaign, in order; nodes leave in every way, two drains and two notices to one kill."""
    rng = Random(seed)
    turns: list[Turn] = []
    bag: list[str] = []
    nodes, goal, low = LEAST, PEAKS[0], LEAST
    while len(turns) < events:
        # One wave: up to the goal, down to the low.
        while nodes < goal:
            turns.append(Turn(role=NODE_ADDED, draw=rng.random()))
            nodes += 1
        while nodes > low:
            if not bag:
                bag = [role for role, share in LEAVES.items() for _ in range(share)]
                rng.shuffle(bag)
            turns.append(Turn(role=bag.pop(), draw=rng.random()))
            nodes -= 1
        goal, low = rng.choice(PEAKS), rng.choice(LOWS)
    return turns[:events]


def has_room(nodes: Sequence[KnownNode]) -> bool:
    """Return whether one more node may be added now: each is seen in use before many others come."""
    unused = sum(node.used_at is None and not node.leaves for node in nodes)
    return len(nodes) < MOST_ALIVE and unused < MOST_UNUSED


def leaver(turn: Turn, nodes: Sequence[KnownNode]) -> KnownNode | None:
    """Return the node that leaves in a turn: one that is used; None while no other used one would stay."""
    able = [node for node in nodes if node.used_at is not None and not node.leaves]
    return able[int(turn.draw * len(able))] if len(able) > 1 else None
