"""Table of a pool's engines as they are just now: who belongs to the run, who is up, who leaves. Pure."""

from __future__ import annotations

from pipelines.driving.membership import Member
from pipelines.elastic.engine_state import Engine, Stage


class EngineTable:
    """Engines of one pool, by name."""

    def __init__(self) -> None:
        self._engines: dict[str, Engine] = {}

    @property
    def members(self) -> tuple[Member, ...]:
        """Engines that belong to the run, also those that leave."""
        return tuple(engine.member for engine in self._engines.values() if engine.joined)

    @property
    def working(self) -> list[Member]:
        """Engines that were ready when they were last heard."""
        return [engine.member for engine in self._engines.values() if engine.stage is Stage.UP]

    @property
    def everybody(self) -> list[Member]:
        """All engines, those that are still being started included."""
        return [engine.member for engine in self._engines.values()]

    @property
    def leaving(self) -> dict[str, float | None]:
        """Names of those that leave, each with its deadline."""
        return {
            name: engine.deadline
            for name, engine in self._engines.items()
            if engine.joined and engine.leaving is not None
        }

    @property
    def up(self) -> int:
        """Engines that are ready and stay."""
        return sum(engine.stage is Stage.UP and engine.leaving is None for engine in self._engines.values())

    @property
    def staying(self) -> int:
        """Engines that belong to the run and do not leave, those that are just being started again included."""
        return sum(engine.joined and engine.leaving is None for engine in self._engines.values())

    def is_placed(self) -> bool:
        """Return whether Ray has found room for all that were started."""
        return bool(self._engines) and all(engine.stage is not Stage.PLACING for engine in self._engines.values())
