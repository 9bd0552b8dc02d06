"""Site of a pipeline's fleets: the cluster as the keepers of its runs see it, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from cluster.plan import Demand, PlannedNode
from pipelines.elastic.asks import Asks
from pipelines.elastic.engine_group import EngineGroup
from pipelines.elastic.engine_state import Rules
from pipelines.elastic.failures import Tolerance
from pipelines.elastic.hand_group import HandGroup
from pipelines.elastic.nodes import NodeWatch
from pipelines.elastic.room import Room
from pipelines.elastic.target import Hands
from pipelines.elastic.world import World
from pipelines.pools.engines import demand_of
from pipelines.pools.hands import CHECKER, WORKER, WRITER
from pipelines.pools.pool import Pool
from pipelines.run.settings import Settings


@dataclass
class Site:
    """Cluster, with the actors that were started there.

    Attributes:
      world: Ray; a test has a pretend one.
      watch: nodes of the cluster.
      asks: what its autoscaler is asked for.
      clock: monotonic seconds.
      room: what is free on the nodes.
      said: sentences for the user that no run has told yet.
      grows: True where an autoscaler makes room for what does not fit.
    """

    world: World = field(default_factory=World)
    watch: NodeWatch = field(default_factory=NodeWatch)
    asks: Asks = field(default_factory=Asks)
    clock: Callable[[], float] = time.monotonic
    room: Room = field(default_factory=lambda: Room(time.monotonic))
    said: list[str] = field(default_factory=list)
    grows: bool = False

    def engine_group(self, pool: Pool, settings: Settings, nodes: Sequence[PlannedNode]) -> EngineGroup:
        """Return the engines of a pool, none of them started yet.

        Args:
          pool: what they are.
          settings: settings of the first run that they serve.
          nodes: nodes that there are, by which an engine may lie over several.

        Raises:
          BadInput: parts of an engine cannot be spread evenly.
        """
        size, room = settings.cluster, partial(self._has_room, demand_of(pool, nodes))
        tolerance = Tolerance(deaths=size.engine_deaths, window_s=size.engine_window_s)
        rules = Rules(
            quorum=pool.range.quorum(size.quorum),
            fetch_s=size.fetch_timeout_s,
            start_s=size.start_timeout_s,
            tolerance=tolerance,
        )
        return EngineGroup(pool, self.world, rules, self.said.append, room)

    def hand_groups(self, settings: Settings, check_worker: Callable[[Any], None]) -> dict[str, HandGroup]:
        """Return the hands of a run by role, none of them started yet.

        `check_worker` looks at what a worker says of itself; it raises for one that runs somebody else's code.
        """
        least, drain_s = first_hands(settings), settings.cluster.drain_s
        numbers = {WORKER: least.workers, CHECKER: least.checkers, WRITER: least.writers}
        checks = {WORKER: check_worker}
        return {
            role: HandGroup(
                role, number, self.world, self.said.append, drain_s=drain_s, check=checks.get(role, _anything)
            )
            for role, number in numbers.items()
        }

    def _has_room(self, demand: Demand) -> bool:
        """Return whether one more of such an engine has room, or is worth asking for."""
        return self.grows or self.room.take(demand, self.watch.news.leaving.keys())


def first_hands(settings: Settings) -> Hands:
    """Return how many hands a run begins with."""
    # A judge asks a model, and needs no actor of its own.
    checkers = settings.cluster.checkers if settings.checker.plugin.judge is None else 0
    return Hands(workers=settings.workers, checkers=checkers, writers=settings.cluster.writers)


def _anything(said: Any) -> None:
    """Accept what a hand says of itself."""
