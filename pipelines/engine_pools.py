"""The engines of a story that changes weights as it goes: started when first needed, then kept for as long as there is
room for them beside what else has to run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from cluster.connect import nodes_of_cluster
from cluster.plan import Demand, shortfall
from factory.errors import WeightsRefused
from pipelines.fleet import Engines, Fleet, demands_of, running, staffed
from pipelines.settings import Settings


@dataclass
class _Pool:
    settings: Settings
    engines: Engines
    life: ExitStack


class EnginePools:
    """One set of engines per `who` (a student, a teacher). Use it as a context manager, within a Ray session."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._pools: dict[str, _Pool] = {}

    def __enter__(self) -> EnginePools:
        return self

    def __exit__(self, *_: object) -> None:
        for who in list(self._pools):
            self._release(who)

    @contextmanager
    def staff(self, who: str, settings: Settings) -> Iterator[Fleet]:
        """Workers for a run of `settings`, on the engines of `who`, which answer with `settings.model` from now on.

        Engines that cannot take new weights in place are started anew with them.
        """
        kept = who in self._pools
        with ExitStack() as fleet_life:
            try:
                fleet = fleet_life.enter_context(staffed(settings, self._engines(who, settings)))
            except WeightsRefused as error:
                if not kept:
                    raise
                self._say(f"{error}; starting the engines anew")
                self._release(who)
                fleet = fleet_life.enter_context(staffed(settings, self._engines(who, settings)))
            yield fleet

    def make_room(self, wanted: list[Demand], keep: str | None = None) -> None:
        """Release engines until `wanted` fits beside those left; those of `keep` are never among them."""
        nodes = nodes_of_cluster()
        for who in [who for who in self._pools if who != keep]:
            held = [demand for pool in self._pools.values() for demand in kept_demands(pool.settings)]
            if shortfall([*held, *wanted], nodes) is None:
                return
            self._say(f"releasing the {who}'s engines to make room")
            self._release(who)

    def _engines(self, who: str, settings: Settings) -> Engines:
        pool = self._pools.get(who)
        if pool is None:
            self.make_room(demands_of(settings))
            self._say(f"starting {settings.cluster.generators} {settings.engine.name} engine(s) with {settings.model}")
            life = ExitStack()
            pool = self._pools[who] = _Pool(settings, life.enter_context(running(settings)), life)
        return pool.engines

    def _release(self, who: str) -> None:
        self._pools.pop(who).life.close()


def kept_demands(settings: Settings) -> list[Demand]:
    """What the engines of `settings` hold between two fleets."""
    return [demand for demand in demands_of(settings) if demand.role in ("generator", "answer checker")]
