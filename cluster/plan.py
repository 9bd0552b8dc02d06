"""Plan of who goes where: what a run needs against what there is.

Pure: no Ray, no clock. `factory plan` prints it, and a run refuses to start where something does not fit.

* Engines are packed: each goes where it leaves least room, so that large ones find nodes of their own. One that lies
  over several nodes takes its part on each, and never two parts on one.
* Hands (`Demand.spread`) are spread: the next goes to the node that has fewest of its role.
* The head node is taken last by all, as Ray's own servers and the driver are there.
* Nodes that leave take nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from cluster.room import Room


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Demand for actors of one role.

    Attributes:
      role: name for messages, such as "rollout worker".
      count: number of actors.
      cpus: logical CPUs of each, on each of its nodes; may be a fraction.
      gpus: GPUs of each, on each of its nodes; may be a fraction.
      key: config key of the number; "" where no key says it.
      nodes: nodes that each of them lies over, with a part on each.
      least: number that a run can start with; None is all of them.
      spread: True for actors that go one to a node as far as possible, and not on the head.
    """

    role: str
    count: int
    cpus: float
    gpus: float = 0.0
    key: str = ""
    nodes: int = 1
    least: int | None = None
    spread: bool = False

    @property
    def needed(self) -> int:
        """Number of actors that a run can start with."""
        return self.count if self.least is None else min(self.least, self.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedNode:
    """Resources of a machine, in all or free.

    Attributes:
      cpus, gpus: logical CPUs and GPUs.
      id: Ray's name of the node; "" where there is none yet.
      head: True where Ray's own servers run.
      gpu_type: name of its GPUs, such as H100; "" where it is unknown.
      leaving: True where it is about to be taken away.
      gpu_memory_gb: memory of each GPU; 0 where it is unknown.
    """

    cpus: float
    gpus: float
    id: str = ""
    head: bool = False
    gpu_type: str = ""
    leaving: bool = False
    gpu_memory_gb: float = 0.0


@dataclass(frozen=True, slots=True)
class Placed:
    """Actor with its place: number `index` of its role, and the positions of its nodes in the list of nodes."""

    role: str
    index: int
    nodes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Placement:
    """Places of all actors that have room.

    Attributes:
      placed: the actors, those that were placed first before.
      wanted: number that was wanted, by role.
      why: sentence on the first role that does not fit whole, with the numbers; None when everybody has a place.
      why_not_least: the same of the numbers that a run can start with.
      remarks: sentences on hands that had to go where they should not.
    """

    placed: tuple[Placed, ...]
    wanted: Mapping[str, int]
    why: str | None = None
    why_not_least: str | None = None
    remarks: tuple[str, ...] = ()

    def count(self, role: str) -> int:
        """Return how many actors of a role have a place."""
        return sum(actor.role == role for actor in self.placed)


def demands(*, engines: Sequence[Demand], workers: int, checkers: int, writers: int) -> list[Demand]:
    """Return the actors of a run, those that are hardest to place first: engines, and of these the ones with GPUs.

    Args:
      engines: demand for the engines of each pool.
      workers: number of rollout workers.
      checkers: number of answer checkers.
      writers: number of shard writers.

    Returns:
      One demand per role.
    """
    return [
        *sorted(engines, key=lambda demand: demand.gpus, reverse=True),
        Demand(role="rollout worker", count=workers, cpus=0.5, key="cluster.workers", spread=True),
        Demand(role="answer checker", count=checkers, cpus=0.25, key="cluster.checkers", spread=True),
        Demand(role="shard writer", count=writers, cpus=0.1, key="cluster.writers", spread=True),
    ]


def placement(wanted: Sequence[Demand], nodes: Sequence[PlannedNode]) -> Placement:
    """Return who goes where: first what a run can start with, then the rest; in each the hardest to place first.

    Args:
      wanted: demands, each role once.
      nodes: nodes with what they have, or with what is free of it.

    Returns:
      Places of as many as there is room for.
    """
    usable = [(at, node.cpus, node.gpus, node.head) for at, node in enumerate(nodes) if not node.leaving]
    room = Room(usable)
    order = sorted(wanted, key=lambda one: (one.spread, -one.nodes, -one.gpus, -one.cpus))
    least, why_not_least = _placed(order, room, nodes, lambda demand: range(demand.needed))
    others, why_not_all = _placed(order, room, nodes, lambda demand: range(demand.needed, demand.count))
    placed = least + others
    remarks = _on_the_head(placed, [demand.role for demand in wanted if demand.spread], nodes)
    wishes = {demand.role: demand.count for demand in wanted}
    return Placement(tuple(placed), wishes, why_not_least or why_not_all, why_not_least, tuple(remarks))


def _placed(
    order: Sequence[Demand], room: Room, nodes: Sequence[PlannedNode], which: Callable[[Demand], range]
) -> tuple[list[Placed], str | None]:
    """Return those actors of each demand that get a place, and the sentence on the first that gets none.

    Args:
      order: demands, in the order of their turns.
      room: what is free; it is taken.
      nodes: all nodes, for the sentence.
      which: numbers of the actors of a demand that are placed.
    """
    placed: list[Placed] = []
    problem = None
    for demand in order:
        numbers = which(demand)
        with room.for_role(demand.role, spread=demand.spread) as place:
            for index in numbers:
                at = place(demand.cpus, demand.gpus, demand.nodes)
                if at is None:
                    problem = problem or _sentence(demand, index, numbers.stop, nodes)
                    break
                placed.append(Placed(demand.role, index, at))
    return placed, problem


def shortfall(wanted: Sequence[Demand], nodes: Sequence[PlannedNode], *, least: bool = False) -> str | None:
    """Return one sentence on what does not fit on `nodes`; None when all does.

    Args:
      wanted: demands, each role once.
      nodes: nodes with what they have, or with what is free of it.
      least: True asks only for what a run can start with.
    """
    made = placement(wanted, nodes)
    return made.why_not_least if least else made.why


def held_by_others(wanted: Sequence[Demand], nodes: Sequence[PlannedNode], free: Sequence[PlannedNode]) -> str | None:
    """Return one sentence where what a run can start with would fit on `nodes`, but others hold too much of them.

    Args:
      wanted: demands, each role once.
      nodes: nodes with what they have.
      free: the same nodes with what nobody holds.
    """
    if shortfall(wanted, nodes, least=True) is not None:
        return None
    problem = shortfall(wanted, free, least=True)
    if problem is None:
        return None
    gpus, cpus = _sum(nodes, "gpus"), _sum(nodes, "cpus")
    held = f"{gpus - _sum(free, 'gpus'):g} of {gpus:g} GPUs" if any(demand.gpus for demand in wanted) else ""
    held = " and ".join(filter(None, [held, f"{cpus - _sum(free, 'cpus'):g} of {cpus:g} CPUs"]))
    return f"{held} are held by others on this cluster; of what is free {problem}"


def _sentence(demand: Demand, placed: int, wanted: int, nodes: Sequence[PlannedNode]) -> str:
    """Return what does not fit, in numbers, and what to do."""
    gpus = f" and {demand.gpus:g} GPUs" if demand.gpus else ""
    key = demand.key or f"the number of {demand.role}s"
    where = "on one node" if demand.nodes == 1 else f"on each of {demand.nodes} nodes"
    number = f"{wanted}" if wanted == demand.count else f"at least {wanted}"
    leaving = sum(node.leaving for node in nodes)
    but = f", {leaving} of them leaving," * bool(leaving)
    return (
        f"only {placed} of {number} {demand.role}s fit: each needs {demand.cpus:g} CPUs{gpus} "
        f"{where}, {len(nodes)} nodes{but} have {_sum(nodes, 'cpus'):g} CPUs and "
        f"{_sum(nodes, 'gpus'):g} GPUs in all. Lower {key} or add nodes."
    )


def _on_the_head(placed: Iterable[Placed], roles: Sequence[str], nodes: Sequence[PlannedNode]) -> list[str]:
    """Return a sentence per role of hands that are on the head because no other node has room."""
    head = {at for at, node in enumerate(nodes) if node.head}
    if len(nodes) == len(head):
        return []
    lines = []
    for role in roles:
        places = [actor.nodes for actor in placed if actor.role == role]
        there = sum(at in head for at in chain.from_iterable(places))
        if there:
            lines.append(f"{there} of {len(places)} {role}s are on the head node: no other has room for them")
    return lines


def _sum(nodes: Sequence[PlannedNode], what: str) -> float:
    return sum(getattr(node, what) for node in nodes)
