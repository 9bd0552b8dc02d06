"""Simulated engine that says of a cache how full it is, as vLLM does."""

from __future__ import annotations

from actors.engines import simulated
from actors.engines.simulated import EXECUTION, Config

__all__ = ["EXECUTION", "Config", "Engine"]


class Engine(simulated.Engine):
    """Simulated engine whose cache is half full."""

    async def stats(self) -> dict[str, float]:
        """Return what the simulated engine says, and the share of the cache that is taken."""
        return {**await super().stats(), "kv_cache_usage": 0.5}
