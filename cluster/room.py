"""Room on nodes while a plan is made: which node the next actor goes to. Pure.

Nodes with the same room are one group, so that thousands of actors on thousands of nodes are placed in a second.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

Place = Callable[[float, float, int], tuple[int, ...] | None]
"""Function that takes room: from CPUs and GPUs on each of so many nodes to the nodes, None where there is no room."""

# A group of equal nodes: whether it is the head, actors of the role on it (0 for those that are packed), free GPUs
# and free CPUs.
_Group = tuple[bool, int, float, float]


class Room:
    """Free room on nodes.

    Args:
      nodes: of each its number, CPUs, GPUs, and whether it is the head.
    """

    def __init__(self, nodes: Iterable[tuple[int, float, float, bool]]) -> None:
        self._nodes = {at: (head, gpus, cpus) for at, cpus, gpus, head in nodes}
        self._of_role: defaultdict[str, Counter[int]] = defaultdict(Counter)

    @contextmanager
    def for_role(self, role: str, *, spread: bool) -> Iterator[Place]:
        """Yield the function that places one actor of a role after the other.

        Args:
          role: their name; those of earlier blocks with this name count as there.
          spread: True puts the next where fewest of the role are, False where it leaves least room.
        """
        there = self._of_role[role]
        groups: dict[_Group, list[int]] = {}

        def enter(at: int) -> None:
            head, gpus, cpus = self._nodes[at]
            heapq.heappush(groups.setdefault((head, there[at] if spread else 0, gpus, cpus), []), at)

        def take(cpus: float, gpus: float) -> int | None:
            # Fractions of a CPU do not add up exactly, hence the tolerance.
            fitting = [group for group in groups if group[2] + 1e-9 >= gpus and group[3] + 1e-9 >= cpus]
            if not fitting:
                return None
            chosen = min(fitting, key=_fewest if spread else _tightest)
            at = heapq.heappop(groups[chosen])
            if not groups[chosen]:
                del groups[chosen]
            return at

        def place(cpus: float, gpus: float, parts: int) -> tuple[int, ...] | None:
            taken: list[int] = []
            for _ in range(parts):
                at = take(cpus, gpus)
                if at is None:
                    break
                taken.append(at)
            whole = len(taken) == parts
            for at in taken:
                if whole:
                    head, free_gpus, free_cpus = self._nodes[at]
                    self._nodes[at] = (head, round(free_gpus - gpus, 9), round(free_cpus - cpus, 9))
                    there[at] += 1
                enter(at)
            return tuple(sorted(taken)) if whole else None

        for at in self._nodes:
            enter(at)
        yield place


def _tightest(group: _Group) -> _Group:
    """Return the order of packing: the head last, then the node with least room."""
    return group


def _fewest(group: _Group) -> tuple[bool, int, float, float]:
    """Return the order of spreading: the head last, then the node with fewest of the role, then the freest one."""
    head, of_role, gpus, cpus = group
    return head, of_role, -cpus, gpus
