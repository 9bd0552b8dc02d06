"""What a run needs against what there is. Pure: no Ray, no clock; `factory plan` prints it, `fleet` follows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """`count` actors of one role, each with its logical CPUs and GPUs."""

    role: str
    count: int
    cpus: float
    gpus: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedNode:
    """One machine's resources."""

    cpus: float
    gpus: float


def demands(
    *, generators: int, workers: int, checkers: int, writers: int, generator_cpus: float, generator_gpus: float
) -> list[Demand]:
    """The actors of a run, generators first: they are the hardest to place."""
    return [
        Demand(role="generator", count=generators, cpus=generator_cpus, gpus=generator_gpus),
        Demand(role="rollout worker", count=workers, cpus=0.5),
        Demand(role="answer checker", count=checkers, cpus=0.25),
        Demand(role="shard writer", count=writers, cpus=0.1),
    ]


def shortfall(wanted: Sequence[Demand], nodes: Sequence[PlannedNode]) -> str | None:
    """One sentence on what does not fit, None when all does (first fit, roles in order, no actor split over nodes)."""
    free = [[node.cpus, node.gpus] for node in nodes]
    for demand in wanted:
        for placed in range(demand.count):
            room = next((at for at in free if at[0] + 1e-9 >= demand.cpus and at[1] + 1e-9 >= demand.gpus), None)
            if room is None:
                gpus = f" and {demand.gpus:g} GPUs" if demand.gpus else ""
                return (
                    f"only {placed} of {demand.count} {demand.role}s fit: each needs {demand.cpus:g} CPUs{gpus} "
                    f"on one node, {len(nodes)} nodes have {sum(n.cpus for n in nodes):g} CPUs and "
                    f"{sum(n.gpus for n in nodes):g} GPUs in all. Lower cluster.{demand.role.split()[-1]}s "
                    "or add nodes."
                )
            room[0] -= demand.cpus
            room[1] -= demand.gpus
    return None
