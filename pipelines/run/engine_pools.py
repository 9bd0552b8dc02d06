"""Actors of runs that come one after the other, in a pipeline that may change weights as it goes.

Engines are started when first needed, then kept for as long as there is room for them beside what else has to run:
those of the policy for each `who`, those of every other role for all of them, as long as its model stays the same.
Workers, checkers and writers are kept from run to run until something else has to start: they are back in seconds.
While a run goes on, a keeper looks after its actors (`pipelines/elastic/keeper.py`). A single run is a pipeline of one.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cluster.connect import free_of_cluster, nodes_of_cluster
from cluster.plan import Demand, PlannedNode, shortfall
from factory.errors import WeightsRefused
from factory.interfaces import Say
from factory.types import POLICY
from pipelines.elastic.asks import has_autoscaler
from pipelines.elastic.engine_group import EngineGroup
from pipelines.elastic.hand_group import HandGroup
from pipelines.elastic.keeper import FleetKeeper
from pipelines.elastic.room import hands_get_in_the_way, require_room
from pipelines.elastic.site import Site
from pipelines.elastic.weights import ServedWeights, answering
from pipelines.pools.engines import demand_of, demands_of
from pipelines.pools.hands import heads_to_keep_off
from pipelines.pools.pool import MODELS
from pipelines.pools.roles import asked_pools
from pipelines.run.fleet import Fleet, assigned, refuse_other_factory, staffed
from pipelines.run.settings import Settings

# Seconds until Ray knows that a killed actor's place is free, and between two looks.
ENDING_S, ENDING_LOOK_S = 5.0, 0.2

Key = tuple[str, str]
"""Name of a set of engines: whose they are, "" for everybody's, and the role that they fill."""


@contextmanager
def launched(settings: Settings) -> Iterator[Fleet]:
    """Yield a fleet that can work, and changes while it does: engines that are not ready yet join as they come.

    Raises `BadInput` when it does not fit on the cluster, or its model cannot be had.
    """
    with EnginePools(lambda line: None) as pools, pools.staff("", settings) as fleet:
        yield fleet


@dataclass(frozen=True)
class _Kept:
    """Engines of one role, and what they ask of a cluster."""

    group: EngineGroup
    demand: Demand


@dataclass(frozen=True)
class _KeptHands:
    """Workers, checkers and writers by role, and which checker it is."""

    checker: str
    groups: Mapping[str, HandGroup]


class EnginePools:
    """Sets of engines: a policy per `who` (a student, a teacher); other roles and all hands, which they share.

    A context manager, to be used within a Ray session.

    Args:
      say: hears a sentence for the user.
      site: cluster; a test has a pretend one.
    """

    def __init__(self, say: Say, site: Site | None = None) -> None:
        self._say = say
        self._site = site or Site()
        self._pools: dict[Key, _Kept] = {}
        self._hands: _KeptHands | None = None

    def __enter__(self) -> EnginePools:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: Any) -> None:
        self._pools.clear()
        self._hands = None
        self._site.world.close(hurried=_is_hurried(kind))

    @contextmanager
    def staff(self, who: str, settings: Settings) -> Iterator[Fleet]:
        """Yield workers for a run of `settings`, on the engines of `who`, which answer with `settings.model` then.

        Engines that cannot take new weights in place are started anew with them. Raises `BadInput` when the run does
        not fit on the cluster, or a model cannot be had.
        """
        settings = staffed(settings)
        with self._serving(who, settings, hands=True) as (keeper, weights):
            yield assigned(settings, keeper, weights)

    def load(self, who: str, settings: Settings) -> Mapping[str, Any]:
        """Have the engines of `who` answer with `settings.model`; return what they say of themselves then.

        Nobody is started who would ask them. Engines that cannot take new weights in place are started anew with them.
        """
        with self._serving(who, settings, hands=False) as (_, weights):
            return weights.facts

    def make_room(self, wanted: list[Demand], keep: Collection[Key] = ()) -> None:
        """Release engines until `wanted` has a free place beside those left, on GPUs that nobody shares.

        Hands are dismissed first, as they have nothing to do meanwhile. Engines in `keep` stay.
        """
        self._dismiss()
        for kept in self._pools.values():
            kept.group.end_waiting()
        for key in [key for key in self._pools if key not in keep]:
            if self._is_free(wanted) and not self._would_share_a_gpu(wanted):
                return
            who, role = key
            whose = f"the {who}'s engines" if who else f"the engines of {MODELS}.{role}"
            self._say(f"releasing {whose} to make room")
            self._release(key)

    @contextmanager
    def _serving(self, who: str, settings: Settings, *, hands: bool) -> Iterator[tuple[FleetKeeper, ServedWeights]]:
        """Yield the keeper of a run whose actors are ready, and the weights of its policy.

        Engines that refuse the weights are replaced, once. `hands`: whether anybody is to work.
        """
        kept = (who, POLICY) in self._pools
        try:
            try:
                serving = self._begun(who, settings, hands=hands)
            except WeightsRefused as error:
                # Engines that were started a moment ago have these weights already: to start them again helps nobody.
                if not kept:
                    raise
                self._say(f"{error}; starting the engines anew")
                self._release((who, POLICY))
                serving = self._begun(who, settings, hands=hands)
            yield serving
        except BaseException as error:
            hurried = _is_hurried(type(error))
            # What the hands have is nobody's any more, and engines that did not start serve nobody.
            self._dismiss(hurried=hurried)
            for key in [key for key, one in self._pools.items() if not one.group.begun]:
                self._release(key, hurried=hurried)
            raise
        finally:
            self._site.asks.close()

    def _begun(self, who: str, settings: Settings, *, hands: bool) -> tuple[FleetKeeper, ServedWeights]:
        """Start what is missing for a run, wait for its quorum, and have its policy answer with the model."""
        nodes = nodes_of_cluster()
        self._site.grows = has_autoscaler()
        self._site.world.serve(settings, heads_to_keep_off(settings, nodes))
        before = set(self._pools)
        engines = self._engines(who, settings, nodes)
        first = before != set(self._pools) and hands_get_in_the_way(demands_of(settings, nodes=nodes), nodes)
        groups = self._hired(settings) if hands else {}
        keeper = FleetKeeper(settings, self._site, engines, groups, engines_first=first, nodes=nodes)
        keeper.wait_for_quorum()
        limit_s = settings.cluster.start_timeout_s
        return keeper, answering(engines[POLICY], self._site.world, settings.model, limit_s)

    def _engines(self, who: str, settings: Settings, nodes: Sequence[PlannedNode]) -> dict[str, EngineGroup]:
        """Return the engines of `who` and those of the other roles that `settings` ask, with room for what is missing.

        What is missing is started by whoever looks after it.
        """
        wanted = asked_pools(settings)
        keys = {role: (who if role == POLICY else "", role) for role in wanted}
        for role, pool in wanted.items():
            # Only the policy's weights travel with the work. Another role's engines that had taken new ones in place
            # would be back with the old ones when one of them is started again.
            if role != POLICY and keys[role] in self._pools and self._pools[keys[role]].group.pool != pool:
                self._say(f"replacing the engines of {MODELS}.{role}")
                self._release(keys[role])
        missing = {role: pool for role, pool in wanted.items() if keys[role] not in self._pools}
        if missing:
            starting = demands_of(settings, missing, nodes)
            self.make_room(starting, keep=keys.values())
            if not self._site.grows:
                require_room(demands_of(settings, nodes=nodes), starting, nodes)
        for role, pool in missing.items():
            beside = f" for {MODELS}.{role}" * (role != POLICY)
            self._say(f"starting {pool.replicas} {pool.engine.name} engine(s) with {pool.model}{beside}")
            self._pools[keys[role]] = _Kept(self._site.engine_group(pool, settings, nodes), demand_of(pool, nodes))
        return {role: self._pools[key].group for role, key in keys.items()}

    def _hired(self, settings: Settings) -> Mapping[str, HandGroup]:
        """Return hands for a run: those that are there, else new ones; whoever looks after them has enough of each."""
        checker = settings.checker
        kind = repr((checker.name, checker.config, settings.cluster.checker_processes))
        if self._hands is not None:
            sound = all(group.is_sound for group in self._hands.groups.values())
            if self._hands.checker != kind or not sound:
                self._dismiss()
        if self._hands is None:
            self._hands = _KeptHands(kind, self._site.hand_groups(settings, refuse_other_factory))
        return self._hands.groups

    def _dismiss(self, *, hurried: bool = False) -> None:
        """End the hands, where there are any."""
        if self._hands is not None:
            kept, self._hands = self._hands, None
            members = [member for group in kept.groups.values() for member in group.everybody]
            self._site.world.close(members, hurried=hurried)

    def _release(self, key: Key, *, hurried: bool = False) -> None:
        """End the engines of a set."""
        self._site.world.close(self._pools.pop(key).group.everybody, hurried=hurried)

    def _would_share_a_gpu(self, wanted: list[Demand]) -> bool:
        """Return whether an engine and another actor would share a GPU.

        An engine with a part of a GPU holds most of its memory none the less.
        """
        held = [kept.demand for kept in self._pools.values()]
        shares = [demand.gpus % 1 > 0 for demand in (*held, *wanted) if demand.gpus]
        return any(demand.gpus for demand in wanted) and any(demand.gpus for demand in held) and any(shares)

    def _is_free(self, wanted: list[Demand]) -> bool:
        """Return whether there is room, wherever Ray has put the others.

        The places of actors that have just ended are waited for.
        """
        deadline = time.monotonic() + ENDING_S
        while shortfall(wanted, free_of_cluster()) is not None:
            if time.monotonic() > deadline:
                return False
            self._site.world.sweep(time.monotonic())
            time.sleep(ENDING_LOOK_S)
        return True


def _is_hurried(kind: type[BaseException] | None) -> bool:
    """Return True for the end that a Ctrl-C wants at once."""
    return kind is not None and issubclass(kind, KeyboardInterrupt)
