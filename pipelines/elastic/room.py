"""Room for a run's actors: whether they fit, also one engine more, and whether engines are placed before the hands."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from cluster.connect import free_of_cluster
from cluster.plan import Demand, PlannedNode, held_by_others, shortfall
from factory.errors import BadInput

# Seconds between two looks at what is free.
FREE_S = 2.0
# Seconds that others may take to give back what a run needs, as an earlier run's actors end in less; and between looks.
HELD_S, HELD_LOOK_S = 60.0, 0.5


def hands_get_in_the_way(wanted: Sequence[Demand], nodes: Sequence[PlannedNode]) -> bool:
    """Return whether engines that fit may find no room where Ray has spread the hands first, as it likes.

    Args:
      wanted: demands of a run.
      nodes: nodes with what they have.
    """
    hands = sum(demand.count * demand.cpus for demand in wanted if demand.spread)
    left = [replace(node, cpus=max(0.0, node.cpus - hands)) for node in nodes]
    return shortfall([demand for demand in wanted if not demand.spread], left, least=True) is not None


def require_room(wanted: Sequence[Demand], starting: Sequence[Demand], nodes: Sequence[PlannedNode]) -> None:
    """Raise `BadInput` where a run would never fit on the cluster, or does not beside others who do not end soon.

    Args:
      wanted: demands of the run.
      starting: demands of those of its actors that are not there yet.
      nodes: nodes with what they have.
    """
    # Without room Ray would wait for ever, so it is looked for first.
    problem = shortfall(wanted, nodes)
    deadline = time.monotonic() + HELD_S
    while problem is None and (held := held_by_others(starting, nodes, free_of_cluster())) is not None:
        if time.monotonic() > deadline:
            problem = held
        time.sleep(HELD_LOOK_S)
    if problem:
        raise BadInput(problem)


class Room:
    """Room for further engines on the nodes that are there.

    Args:
      clock: monotonic seconds.
      free: returns what nobody holds, by node.
    """

    def __init__(self, clock: Callable[[], float], free: Callable[[], list[PlannedNode]] = free_of_cluster) -> None:
        self._clock = clock
        self._read = free
        self._free: list[PlannedNode] = []
        self._looked = -math.inf
        # Engines for which there was room, and which may not have taken it yet.
        self._promised: dict[str, Demand] = {}

    def take(self, demand: Demand, leaving: Collection[str] = ()) -> bool:
        """Return whether there is room for one engine such as `demand` asks for, which is taken then.

        Nothing is placed on the nodes whose ids are in `leaving`, whatever is free there.
        """
        now = self._clock()
        if now - self._looked > FREE_S:
            self._free, self._looked, self._promised = self._read(), now, {}
        before = self._promised.get(demand.role)
        one_more = replace(demand, count=before.count + 1 if before else 1, least=None)
        nodes = [replace(node, leaving=node.id in leaving) for node in self._free]
        if shortfall(list((self._promised | {demand.role: one_more}).values()), nodes) is not None:
            return False
        self._promised[demand.role] = one_more
        return True
