"""Keeper of a run's fleet: owns all its actors, from the first that is started to the last that is ended.

A run begins when a quorum of its engines is ready. From then on the driver asks it from time to time who belongs to the
run (`pipelines/driving/membership.py`); it starts what is missing, takes in what is ready, replaces what does not work,
and has those leave whose node is about to be taken away, or that are more than the work needs. It never waits then.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import ray

from actors.roster import Roster
from cluster.plan import Demand, PlannedNode
from factory.errors import FactoryError
from factory.types import POLICY
from pipelines.driving.membership import Changes, Member
from pipelines.elastic.asks import Asks, has_autoscaler
from pipelines.elastic.engine_group import EngineGroup
from pipelines.elastic.engine_state import Rules
from pipelines.elastic.failures import Tolerance
from pipelines.elastic.hand_group import HandGroup
from pipelines.elastic.nodes import NodeWatch
from pipelines.elastic.room import Room
from pipelines.elastic.target import Hands, Targets, Work, hands
from pipelines.elastic.world import World
from pipelines.pools.engines import Engines, Facts, demands_of, require_same_revision
from pipelines.pools.hands import CHECKER, WORKER, WRITER
from pipelines.pools.pool import named_pool
from pipelines.pools.roles import asked_pools
from pipelines.run.settings import SOLUTIONS_PER_FIRST, Settings

# Seconds between two looks at what is being started while a run goes on, and while it is waited for.
LOOK_S, WAIT_S = 0.5, 0.05
# Seconds between two looks at where actors are while nodes leave.
WHERE_S = 5.0


class FleetKeeper:
    """Keeper of one run's actors; a `Membership`.

    A context manager, to be used within a Ray session.

    Args:
      settings: the validated config.
      check_worker: looks at what a worker says of itself; raises for one that runs somebody else's code.
      world: Ray; a test has a pretend one.
      watch: nodes of the cluster.
      asks: autoscaler.
      room: what is free on the nodes.
      engines_first: True has hands wait until the engines have their places.
      nodes: nodes that there are, by which an engine may lie over several.
      clock: monotonic seconds.
    """

    def __init__(
        self,
        settings: Settings,
        check_worker: Callable[[Any], None],
        *,
        world: World | None = None,
        watch: NodeWatch | None = None,
        asks: Asks | None = None,
        room: Room | None = None,
        engines_first: bool = False,
        nodes: Sequence[PlannedNode] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._world = world or World(settings)
        self._watch = watch or NodeWatch()
        self._asks = asks or Asks()
        self._clock = clock
        self._room = room or Room(clock)
        self._engines_first = engines_first
        self._said: list[str] = []
        size, pools = settings.cluster, asked_pools(settings)
        self._demands = {demand.key: demand for demand in demands_of(settings, nodes=nodes)}
        tolerance = Tolerance(deaths=size.engine_deaths, window_s=size.engine_window_s)
        self._engines: dict[str, EngineGroup] = {}
        for role, pool in pools.items():
            quorum = pool.range.quorum(size.quorum)
            rules = Rules(quorum=quorum, start_s=size.start_timeout_s, tolerance=tolerance)
            demand = self._demands[pool.key]
            self._engines[role] = EngineGroup(
                pool, self._world, rules, self._said.append, partial(self._has_room, demand)
            )
        # A judge asks a model, and needs no actor of its own.
        checkers = size.checkers if settings.checker.plugin.judge is None else 0
        self._least = Hands(workers=settings.workers, checkers=checkers, writers=size.writers)
        numbers = {WORKER: self._least.workers, CHECKER: self._least.checkers, WRITER: self._least.writers}
        self._hands = {
            role: HandGroup(
                role,
                number,
                self._world,
                self._said.append,
                drain_s=size.drain_s,
                check=check_worker if role == WORKER else _anything,
            )
            for role, number in numbers.items()
        }
        samples = settings.bounds.first_samples * SOLUTIONS_PER_FIRST
        ranges = {role: pool.range for role, pool in pools.items()}
        self._targets = Targets(ranges, Work(samples=samples, unit=settings.run.unit_size))
        self._is_range = any(replicas.is_range for replicas in ranges.values())
        self._grows = False
        # True where nodes have changed since the last changes.
        self._news = False
        self._version = 0
        self._next = self._next_where = 0.0
        self._where: Mapping[str, tuple[str, ...]] = {}

    def __enter__(self) -> FleetKeeper:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: Any) -> None:
        try:
            self._asks.close()
        finally:
            self._world.close(hurried=kind is not None and issubclass(kind, KeyboardInterrupt))

    def wait_for_quorum(self) -> None:
        """Start everybody, and return when enough of them are ready for a run to begin.

        Raises:
          BadInput: a model cannot be had, or a worker runs other code.
          FactoryError: too few engines have started, or not in time.
        """
        # Workers come up while the engines load their model.
        self._grows = has_autoscaler()
        self._want()
        limit = self._clock() + self._settings.cluster.start_timeout_s
        while not (self._turn(self._clock()) and all(group.is_whole() for group in self._hands.values())):
            hands_late = self._clock() > limit and not all(group.is_whole() for group in self._hands.values())
            if hands_late:
                seconds = self._settings.cluster.start_timeout_s
                raise FactoryError(f"actors did not start within cluster.start_timeout_s = {seconds:.0f} s")
            time.sleep(WAIT_S)
        for group in self._groups:
            group.begin()

    @property
    def _groups(self) -> list[EngineGroup | HandGroup]:
        """Groups of all actors."""
        return [*self._engines.values(), *self._hands.values()]

    def _turn(self, now: float) -> bool:
        """Look after everybody once; return whether all pools have their quorum."""
        self._watch.look(now)
        # All of them: the first mistake ends the wait, whoever else still loads a large model.
        ready = []
        for role, group in self._engines.items():
            with named_pool(role):
                group.look(now, self._watch.news, self._where)
                ready.append(group.has_quorum())
        if not self._engines_first or all(group.is_placed() for group in self._engines.values()):
            for hand in self._hands.values():
                hand.look(now, self._watch.news, self._where)
        self._world.sweep(now)
        return all(ready)

    @property
    def engines(self) -> Engines:
        """Engines and checkers that are ready. Raises `FactoryError` where they have loaded different weights."""
        facts: dict[str, Facts] = {}
        for role, group in self._engines.items():
            with named_pool(role):
                facts[role] = require_same_revision(group.facts)
        pools = {role: _handles(group.members) for role, group in self._engines.items()}
        return Engines(pools, _handles(self._hands[CHECKER].members), self._settings.model, facts)

    @property
    def writers(self) -> Mapping[str, Any]:
        """Handles of the writers that are ready, by name."""
        return _handles(self._hands[WRITER].members)

    @property
    def workers(self) -> Mapping[str, Any]:
        """Handles of the workers that are ready, by name."""
        return _handles(self._hands[WORKER].members)

    def look(self, now: float, questions_left: int) -> Changes | None:
        """Return who belongs to the run, as `Membership.look`."""
        if now >= self._next:
            self._next = now + LOOK_S
            self._look_at_nodes(now)
            for role, pool in self._engines.items():
                with named_pool(role):
                    pool.look(now, self._watch.news, self._where)
            self._aim(now, questions_left)
            for hand in self._hands.values():
                hand.look(now, self._watch.news, self._where)
            self._world.sweep(now)
        if self._version and not (self._said or self._news or any(group.changed for group in self._groups)):
            return None
        self._news = False
        for group in self._groups:
            group.changed = False
        self._version += 1
        said, self._said[:] = tuple(self._said), []
        return self._changes(said)

    def heard(self, engine: str, stats: Mapping[str, float] | None, now: float, *, dead: bool) -> None:
        """Take what an engine says of itself, as `Membership.heard`."""
        for group in self._engines.values():
            group.heard(engine, stats, now, dead=dead)

    def idle(self, worker: str) -> None:
        """Note that a worker has nothing in hand, as `Membership.idle`."""
        self._hands[WORKER].idle(worker)

    def _changes(self, said: tuple[str, ...]) -> Changes:
        """Return everybody as of now."""
        news = self._watch.news
        leaving: dict[str, float | None] = {}
        for group in self._groups:
            leaving |= group.leaving
        engines = {role: group.members for role, group in self._engines.items()}
        roster = Roster(
            version=self._version,
            pools={role: tuple(member.name for member in pool) for role, pool in engines.items()},
            leaving=frozenset(leaving),
            checkers=tuple(member.name for member in self._hands[CHECKER].members),
            writers=tuple(member.name for member in self._hands[WRITER].members),
        )
        here = _own_node()
        return Changes(
            roster=roster,
            engines=engines,
            workers=self._hands[WORKER].members,
            leaving=leaving,
            nodes=len(news.nodes),
            leaving_nodes=len(news.leaving),
            driver_leaves=here in news.leaving,
            driver_deadline=news.leaving.get(here),
            said=said,
        )

    def _has_room(self, demand: Demand) -> bool:
        """Return whether one more engine has room, or is worth asking for."""
        return self._grows or self._room.take(demand, self._watch.news.leaving.keys())

    def _look_at_nodes(self, now: float) -> None:
        """Look which nodes leave, and who is on them."""
        changed = self._watch.look(now)
        self._news |= changed
        if self._watch.news.leaving and (changed or now >= self._next_where):
            self._next_where = now + WHERE_S
            self._where = self._world.where([member for group in self._groups for member in group.everybody])

    def _aim(self, now: float, questions_left: int) -> None:
        """Set how many engines are wanted, by what is left to do, and hands, by the engines that stay by now."""
        if not self._is_range:
            return
        slots = {role: group.slots for role, group in self._engines.items()}
        for role, target in self._targets.look(now, questions_left, slots).items():
            self._engines[role].target = target
        asked = {POLICY, self._settings.completer} & self._engines.keys()
        made = hands(
            sum(self._engines[role].staying for role in asked),
            least=sum(self._settings.pools[role].replicas for role in asked),
            at_least=self._least,
            # What the config says, not what was made of it for the machine.
            fixed_workers=self._settings.plain["cluster"]["workers"],
            nodes=len(self._watch.news.nodes),
        )
        for role, number in ((WORKER, made.workers), (WRITER, made.writers), (CHECKER, made.checkers)):
            self._hands[role].aim(number)
        self._want()

    def _want(self) -> None:
        """Wish for room for all that is wanted, where an autoscaler may make it."""
        if not (self._grows and self._is_range):
            return
        numbers = {self._settings.pools[role].key: group.target for role, group in self._engines.items()}
        by_role = {role: group.target for role, group in self._hands.items()}
        bundles = []
        for key, demand in self._demands.items():
            number = numbers.get(key, by_role.get(demand.role, 0))
            room = {"CPU": demand.cpus, "GPU": demand.gpus}
            bundles += [{name: amount for name, amount in room.items() if amount}] * (number * demand.nodes)
        self._asks.want(bundles)


def _anything(said: Any) -> None:
    """Accept what a hand says of itself."""


def _own_node() -> str:
    """Return the id of the node that this process is on."""
    return str(ray.get_runtime_context().get_node_id())


def _handles(members: tuple[Member, ...]) -> dict[str, Any]:
    return {member.name: member.actor for member in members}
