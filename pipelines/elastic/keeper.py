"""Keeper of a run's fleet: looks after all its actors, from the first that is started until the run ends.

A run begins when a quorum of its engines is ready. From then on the driver asks it from time to time who belongs to the
run (`pipelines/driving/membership.py`); it starts what is missing, takes in what is ready, replaces what does not work,
and has those leave whose node is about to be taken away, or that are more than the work needs. It never waits then.

The actors are not its own: they may serve a later run, with another keeper (`pipelines/run/engine_pools.py`).
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import ray

from actors.roster import Roster
from cluster.plan import PlannedNode
from factory.errors import FactoryError
from factory.types import POLICY
from pipelines.driving.membership import Changes, Member
from pipelines.elastic.engine_group import EngineGroup
from pipelines.elastic.hand_group import HandGroup
from pipelines.elastic.site import Site, first_hands
from pipelines.elastic.target import Targets, Work, hands
from pipelines.elastic.weights import require_same_revision
from pipelines.planning.plan import sizes_of
from pipelines.pools.engines import Facts, demands_of
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

    To be used within a Ray session; the actors are there after it.

    Args:
      settings: the validated config.
      site: cluster.
      engines: engines of each role, new ones or those of an earlier run.
      hands: the same of workers, checkers and writers; none where nobody is to work.
      engines_first: True has hands wait until the engines have their places.
      nodes: nodes that there are, by which an engine may lie over several.
    """

    def __init__(
        self,
        settings: Settings,
        site: Site,
        engines: Mapping[str, EngineGroup],
        hands: Mapping[str, HandGroup],
        *,
        engines_first: bool = False,
        nodes: Sequence[PlannedNode] = (),
    ) -> None:
        self._settings, self._site = settings, site
        self._engines, self._hands = engines, hands
        self._engines_first = engines_first
        self._demands = {demand.key: demand for demand in demands_of(settings, nodes=nodes)}
        self._least = first_hands(settings)
        samples = settings.bounds.first_samples * SOLUTIONS_PER_FIRST
        ranges = {role: pool.range for role, pool in asked_pools(settings).items()}
        # Engines that are there from an earlier run are not ended before it is seen that they are too many.
        targets = {role: group.target for role, group in engines.items()}
        self._targets = Targets(ranges, Work(samples=samples, unit=sizes_of(settings).first), targets)
        self._is_range = any(replicas.is_range for replicas in ranges.values())
        numbers = {WORKER: self._least.workers, CHECKER: self._least.checkers, WRITER: self._least.writers}
        for role, group in hands.items():
            group.aim(max(numbers[role], group.target) if self._is_range else numbers[role])
        # True where nodes have changed since the last changes.
        self._news = False
        self._version = 0
        self._next = self._next_where = 0.0
        self._where: Mapping[str, tuple[str, ...]] = {}

    def wait_for_quorum(self) -> None:
        """Start everybody, and return when enough of them are ready for a run to begin.

        Raises:
          BadInput: a model cannot be had, or a worker runs other code.
          FactoryError: too few engines have started, or not in time.
        """
        self._want()
        start_s = self._settings.cluster.start_timeout_s
        limit = self._site.clock() + start_s
        while True:
            now = self._site.clock()
            # Workers come up while the engines load their model.
            ready = self._turn(now, late=now > limit)
            whole = all(group.is_whole() for group in self._hands.values())
            if ready and whole:
                break
            if now > limit and not whole:
                raise FactoryError(f"actors did not start within cluster.start_timeout_s = {start_s:.0f} s")
            time.sleep(WAIT_S)
        for group in self._groups:
            group.begin()

    @property
    def _groups(self) -> list[EngineGroup | HandGroup]:
        """Groups of all actors."""
        return [*self._engines.values(), *self._hands.values()]

    def _turn(self, now: float, *, late: bool) -> bool:
        """Look after everybody once; return whether all pools have their quorum. `late`: there is no time left."""
        self._site.watch.look(now)
        if self._site.watch.silent_since is not None:
            return False
        # All of them: the first mistake ends the wait, whoever else still loads a large model.
        ready = []
        for role, group in self._engines.items():
            with named_pool(role):
                group.look(now, self._site.watch.news, self._where)
                ready.append(group.has_quorum(late=late))
        if not self._engines_first or all(group.is_placed() for group in self._engines.values()):
            for hand in self._hands.values():
                hand.look(now, self._site.watch.news, self._where)
        self._site.world.sweep(now)
        return all(ready)

    @property
    def pools(self) -> dict[str, Mapping[str, Any]]:
        """Handles of the engines that belong to the run, by role and name."""
        return {role: _handles(group.members) for role, group in self._engines.items()}

    @property
    def facts(self) -> dict[str, Facts]:
        """Facts that the engines of each role said of themselves at their start.

        Raises `FactoryError` where those of a role have loaded different weights.
        """
        facts: dict[str, Facts] = {}
        for role, group in self._engines.items():
            with named_pool(role):
                facts[role] = require_same_revision(group.facts)
        return facts

    def hands(self, role: str) -> Mapping[str, Any]:
        """Return the handles of the workers, checkers or writers that are ready and stay, by name."""
        group = self._hands[role]
        return {member.name: member.actor for member in group.members if member.name not in group.leaving}

    def look(self, now: float, questions_left: int) -> Changes | None:
        """Return who belongs to the run, as `Membership.look`."""
        if now >= self._next:
            self._next = now + LOOK_S
            self._look_at_nodes(now)
            # Whatever else would be asked of a head that is away would wait for it.
            if self._site.watch.silent_since is None:
                for role, pool in self._engines.items():
                    with named_pool(role):
                        pool.look(now, self._site.watch.news, self._where)
                self._aim(now, questions_left)
                for hand in self._hands.values():
                    hand.look(now, self._site.watch.news, self._where)
                self._site.world.sweep(now)
        if self._version and not (self._site.said or self._news or any(group.changed for group in self._groups)):
            return None
        self._news = False
        for group in self._groups:
            group.changed = False
        self._version += 1
        said, self._site.said[:] = tuple(self._site.said), []
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
        news = self._site.watch.news
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

    def _look_at_nodes(self, now: float) -> None:
        """Look which nodes leave, and who is on them."""
        changed = self._site.watch.look(now)
        self._news |= changed
        self._site.said += self._site.watch.remarks(now)
        if self._site.watch.news.leaving and (changed or now >= self._next_where):
            self._next_where = now + WHERE_S
            self._where = self._site.world.where([member for group in self._groups for member in group.everybody])

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
            nodes=len(self._site.watch.news.nodes),
        )
        for role, number in ((WORKER, made.workers), (WRITER, made.writers), (CHECKER, made.checkers)):
            self._hands[role].aim(number)
        self._want()

    def _want(self) -> None:
        """Wish for room for all that is wanted, where an autoscaler may make it."""
        if not (self._site.grows and self._is_range):
            return
        numbers = {self._settings.pools[role].key: group.target for role, group in self._engines.items()}
        by_role = {role: group.target for role, group in self._hands.items()}
        bundles = []
        for key, demand in self._demands.items():
            number = numbers.get(key, by_role.get(demand.role, 0))
            room = {"CPU": demand.cpus, "GPU": demand.gpus}
            bundles += [{name: amount for name, amount in room.items() if amount}] * (number * demand.nodes)
        self._site.asks.want(bundles)


def _own_node() -> str:
    """Return the id of the node that this process is on."""
    return str(ray.get_runtime_context().get_node_id())


def _handles(members: tuple[Member, ...]) -> dict[str, Any]:
    return {member.name: member.actor for member in members}
