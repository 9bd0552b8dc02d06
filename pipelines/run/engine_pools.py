"""Actors of a pipeline that changes weights as it goes.

Engines are started when first needed, then kept for as long as there is room for them beside what else has to run:
those of the policy for each `who`, those of every other role for all of them, as long as its model stays the same.
Writers and workers are kept from run to run until something else has to start: they are back in seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from cluster.connect import free_of_cluster, nodes_of_cluster
from cluster.plan import Demand, shortfall
from factory.errors import WeightsRefused
from factory.interfaces import Say
from factory.types import POLICY
from pipelines.pools.engines import Engines, answering, demands_of, running
from pipelines.pools.pool import MODELS, Pool
from pipelines.pools.roles import asked_pools
from pipelines.run.fleet import Fleet, Hands, assigned, hired
from pipelines.run.settings import Settings

# Seconds until Ray knows that a killed actor's place is free.
ENDING_S = 5.0
T = TypeVar("T")


Key = tuple[str, str]
"""Name of a set of engines: whose they are, "" for everybody's, and the role that they fill."""


@dataclass
class _Pool:
    """Engines of one role, with what they were started as, what they ask of a cluster and the scope that ends them."""

    filled: Pool
    demands: list[Demand]
    engines: Engines
    life: ExitStack


@dataclass
class _KeptHands:
    """Writers and workers, how many of each, and the scope that ends them."""

    size: tuple[int, int]
    hands: Hands
    life: ExitStack


class EnginePools:
    """Sets of engines: a policy per `who` (a student, a teacher); other roles, writers and workers, which they share.

    A context manager, to be used within a Ray session.
    """

    def __init__(self, say: Say) -> None:
        self._say = say
        self._pools: dict[Key, _Pool] = {}
        self._hands: _KeptHands | None = None

    def __enter__(self) -> EnginePools:
        return self

    def __exit__(self, *error: Any) -> None:
        ends = ExitStack()
        for key in list(self._pools):
            ends.push(self._pools.pop(key).life)
        # The last pushed ends first: workers before the engines they call.
        if self._hands is not None:
            ends.push(self._hands.life)
            self._hands = None
        ends.__exit__(*error)

    @contextmanager
    def staff(self, who: str, settings: Settings) -> Iterator[Fleet]:
        """Yield workers for a run of `settings`, on the engines of `who`, which answer with `settings.model` then.

        Engines that cannot take new weights in place are started anew with them.
        """
        try:
            yield self._with_engines(who, settings, lambda engines: assigned(settings, engines, self._hired(settings)))
        except BaseException:
            # What they have in hand is nobody's any more.
            self._dismiss()
            raise

    def load(self, who: str, settings: Settings) -> Mapping[str, Any]:
        """Have the engines of `who` answer with `settings.model`; return what they say of themselves then.

        No worker and no writer is started. Engines that cannot take new weights in place are started anew with them.
        """
        return self._with_engines(who, settings, lambda engines: answering(settings, engines).facts)

    def make_room(self, wanted: list[Demand], keep: Collection[Key] = ()) -> None:
        """Release engines until `wanted` has a free place beside those left, on GPUs that nobody shares.

        Workers and writers are dismissed first, as they have nothing to do meanwhile. Engines in `keep` stay.
        """
        self._dismiss()
        for key in [key for key in self._pools if key not in keep]:
            if _is_free(wanted) and not self._would_share_a_gpu(wanted):
                return
            who, role = key
            whose = f"the {who}'s engines" if who else f"the engines of {MODELS}.{role}"
            self._say(f"releasing {whose} to make room")
            self._release(key)

    def _with_engines(self, who: str, settings: Settings, use: Callable[[Engines], T]) -> T:
        """Return what `use` makes of the engines of `who`; engines that refuse the weights are replaced, once."""
        kept = (who, POLICY) in self._pools
        try:
            return use(self._engines(who, settings))
        except WeightsRefused as error:
            # Engines that were started a moment ago have these weights already: to start them again helps nobody.
            if not kept:
                raise
            self._say(f"{error}; starting the engines anew")
            self._release((who, POLICY))
            return use(self._engines(who, settings))

    def _would_share_a_gpu(self, wanted: list[Demand]) -> bool:
        """Return whether an engine and another actor would share a GPU.

        An engine with a part of a GPU holds most of its memory none the less.
        """
        held = [demand for pool in self._pools.values() for demand in pool.demands]
        shares = [demand.gpus % 1 > 0 for demand in (*held, *wanted) if demand.gpus]
        return any(demand.gpus for demand in wanted) and any(demand.gpus for demand in held) and any(shares)

    def _engines(self, who: str, settings: Settings) -> Engines:
        """Return the engines of `who`, beside those of the other roles that `settings` ask; started where missing."""
        wanted = asked_pools(settings)
        keys = {role: (who if role == POLICY else "", role) for role in wanted}
        for role, pool in wanted.items():
            # Only the policy's weights travel with the work. Another role's engines that had taken new ones in place
            # would be back with the old ones when one of them is started again.
            if role != POLICY and keys[role] in self._pools and self._pools[keys[role]].filled != pool:
                self._say(f"replacing the engines of {MODELS}.{role}")
                self._release(keys[role])
        missing = {role: pool for role, pool in wanted.items() if keys[role] not in self._pools}
        nodes = nodes_of_cluster() if missing else []
        if missing:
            self.make_room(demands_of(settings, missing, nodes), keep=keys.values())
        for role, pool in missing.items():
            beside = f" for {MODELS}.{role}" * (role != POLICY)
            self._say(f"starting {pool.replicas} {pool.engine.name} engine(s) with {pool.model}{beside}")
            life = ExitStack()
            started = life.enter_context(running(settings, [role]))
            self._pools[keys[role]] = _Pool(pool, demands_of(settings, [role], nodes), started, life)
        engines = self._pools[keys[POLICY]].engines
        for role in wanted.keys() - {POLICY}:
            engines = engines.beside(self._pools[keys[role]].engines)
        return engines

    def _hired(self, settings: Settings) -> Hands:
        """Return writers and workers, as many as `settings` asks for; started where there are none, or not as many."""
        size = (settings.cluster.writers, settings.workers)
        if self._hands is None or self._hands.size != size:
            self._dismiss()
            life = ExitStack()
            self._hands = _KeptHands(size, life.enter_context(hired(settings)), life)
        return self._hands.hands

    def _dismiss(self) -> None:
        """End the writers and workers, where there are any."""
        if self._hands is not None:
            kept, self._hands = self._hands, None
            kept.life.close()

    def _release(self, key: Key) -> None:
        self._pools.pop(key).life.close()


def _is_free(wanted: list[Demand]) -> bool:
    """Return whether there is room, wherever Ray has put the others.

    The places of actors that have just ended are waited for.
    """
    deadline = time.monotonic() + ENDING_S
    while shortfall(wanted, free_of_cluster()) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True
