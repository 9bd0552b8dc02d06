"""Comparison of what a run needs with what there is.

Pure: no Ray, no clock. `factory plan` prints it, and a run refuses to start where something does not fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Demand for actors of one role.

    Attributes:
      role: name for messages, such as "rollout worker".
      count: number of actors.
      cpus: logical CPUs of each; may be a fraction.
      gpus: GPUs of each; may be a fraction.
      key: config key of the number; "" where no key says it.
    """

    role: str
    count: int
    cpus: float
    gpus: float = 0.0
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedNode:
    """Resources of a machine: logical CPUs and GPUs, in all or free."""

    cpus: float
    gpus: float


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
        Demand(role="rollout worker", count=workers, cpus=0.5, key="cluster.workers"),
        Demand(role="answer checker", count=checkers, cpus=0.25, key="cluster.checkers"),
        Demand(role="shard writer", count=writers, cpus=0.1, key="cluster.writers"),
    ]


def shortfall(wanted: Sequence[Demand], nodes: Sequence[PlannedNode]) -> str | None:
    """Return one sentence on what does not fit on `nodes`; None when all does.

    Actors are placed first fit, roles in order. No actor is split over nodes.
    """
    # Fractions of a CPU do not add up exactly, hence the tolerance.
    free = [[node.cpus, node.gpus] for node in nodes]
    for demand in wanted:
        for placed in range(demand.count):
            room = next((at for at in free if at[0] + 1e-9 >= demand.cpus and at[1] + 1e-9 >= demand.gpus), None)
            if room is None:
                gpus = f" and {demand.gpus:g} GPUs" if demand.gpus else ""
                key = demand.key or f"the number of {demand.role}s"
                return (
                    f"only {placed} of {demand.count} {demand.role}s fit: each needs {demand.cpus:g} CPUs{gpus} "
                    f"on one node, {len(nodes)} nodes have {sum(n.cpus for n in nodes):g} CPUs and "
                    f"{sum(n.gpus for n in nodes):g} GPUs in all. Lower {key} or add nodes."
                )
            room[0] -= demand.cpus
            room[1] -= demand.gpus
    return None
