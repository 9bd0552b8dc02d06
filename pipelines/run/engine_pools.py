"""Actors of a pipeline that changes weights as it goes.

Engines are started when first needed, then kept for as long as there is room for them beside what else has to run.
Writers and workers are kept from run to run until something else has to start: they are back in seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from cluster.connect import free_of_cluster
from cluster.plan import Demand, shortfall
from factory.errors import WeightsRefused
from factory.interfaces import Say
from pipelines.run.fleet import Engines, Fleet, Hands, answering, assigned, demands_of, hired, running
from pipelines.run.settings import Settings

# Seconds until Ray knows that a killed actor's place is free.
ENDING_S = 5.0
T = TypeVar("T")


@dataclass
class _Pool:
    """Engines of one model, with the settings they were started for and the scope that ends them."""

    settings: Settings
    engines: Engines
    life: ExitStack


@dataclass
class _KeptHands:
    """Writers and workers, how many of each, and the scope that ends them."""

    size: tuple[int, int]
    hands: Hands
    life: ExitStack


class EnginePools:
    """Sets of engines, one per `who` (a student, a teacher), and the writers and workers that all of them share.

    A context manager, to be used within a Ray session.
    """

    def __init__(self, say: Say) -> None:
        self._say = say
        self._pools: dict[str, _Pool] = {}
        self._hands: _KeptHands | None = None

    def __enter__(self) -> EnginePools:
        return self

    def __exit__(self, *error: Any) -> None:
        ends = ExitStack()
        for who in list(self._pools):
            ends.push(self._pools.pop(who).life)
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

    def make_room(self, wanted: list[Demand]) -> None:
        """Release engines until `wanted` has a free place beside those left, on GPUs that nobody shares.

        Workers and writers are dismissed first, as they have nothing to do meanwhile.
        """
        self._dismiss()
        for who in list(self._pools):
            if _is_free(wanted) and not self._would_share_a_gpu(wanted):
                return
            self._say(f"releasing the {who}'s engines to make room")
            self._release(who)

    def _with_engines(self, who: str, settings: Settings, use: Callable[[Engines], T]) -> T:
        """Return what `use` makes of the engines of `who`; engines that refuse the weights are replaced, once."""
        kept = who in self._pools
        try:
            return use(self._engines(who, settings))
        except WeightsRefused as error:
            # Engines that were started a moment ago have these weights already: to start them again helps nobody.
            if not kept:
                raise
            self._say(f"{error}; starting the engines anew")
            self._release(who)
            return use(self._engines(who, settings))

    def _would_share_a_gpu(self, wanted: list[Demand]) -> bool:
        """Return whether an engine and another actor would share a GPU.

        An engine with a part of a GPU holds most of its memory none the less.
        """
        held = [demand for pool in self._pools.values() for demand in demands_of(pool.settings)]
        shares = [demand.gpus % 1 > 0 for demand in (*held, *wanted) if demand.gpus]
        return any(demand.gpus for demand in wanted) and any(demand.gpus for demand in held) and any(shares)

    def _engines(self, who: str, settings: Settings) -> Engines:
        """Return the engines of `who`, started where there are none."""
        pool = self._pools.get(who)
        if pool is None:
            self.make_room(demands_of(settings))
            self._say(f"starting {settings.cluster.generators} {settings.engine.name} engine(s) with {settings.model}")
            life = ExitStack()
            pool = self._pools[who] = _Pool(settings, life.enter_context(running(settings)), life)
        return pool.engines

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

    def _release(self, who: str) -> None:
        self._pools.pop(who).life.close()


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
