"""Most that a run may want of a cluster, where the number of its engines is a range. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cluster.plan import Demand, PlannedNode
from factory.types import POLICY
from pipelines.elastic.target import Hands, hands
from pipelines.pools.engines import demands_of
from pipelines.pools.hands import CHECKER, WORKER, WRITER
from pipelines.pools.roles import asked_pools
from pipelines.run.settings import Settings


def at_most(settings: Settings, nodes: Sequence[PlannedNode]) -> list[Demand]:
    """Return what `settings` asks of a cluster with each pool at its most, in the order of `demands_of`.

    A run starts with what `demands_of` says (`Demand.least`), and its hands grow with its engines.

    Args:
      settings: the validated config.
      nodes: nodes of the cluster.

    Raises:
      BadInput: as `demands_of`.
    """
    wanted, pools = demands_of(settings, nodes=nodes), asked_pools(settings)
    asked = [pools[role] for role in {POLICY, settings.completer} & pools.keys()]
    first = {demand.role: demand.count for demand in wanted}
    grown = hands(
        sum(pool.range.most for pool in asked),
        least=sum(pool.replicas for pool in asked),
        at_least=Hands(workers=first[WORKER], checkers=first[CHECKER], writers=first[WRITER]),
        # What the config says, not what was made of it for the machine.
        fixed_workers=settings.plain["cluster"]["workers"],
        nodes=len(nodes),
    )
    engines = {pool.key: pool.range.most for pool in pools.values()}
    by_hand = {WORKER: grown.workers, CHECKER: grown.checkers, WRITER: grown.writers}
    most = [by_hand[demand.role] if demand.role in by_hand else engines[demand.key] for demand in wanted]
    return [replace(demand, count=count, least=demand.count) for demand, count in zip(wanted, most, strict=True)]
