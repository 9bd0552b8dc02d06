"""Weights that an engine answers with: one set at a time, whoever asks.

Invariants:
* No answer mixes two sets of weights.
* A swap needs no drain: calls for other weights wait their turn, in the order in which they came.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager


class Weights:
    """Weights in an engine. A call names those it wants; while others are in use, it waits, and so do all later calls.

    An engine that was restarted, and is back at its first weights, gets the wanted ones again with the next call.
    `load` puts others in; None stands for the first ones.
    """

    def __init__(self, load: Callable[[str | None], Awaitable[None]]) -> None:
        self._load = load
        self._users = 0
        # False when a load has failed half way: then nobody knows what is in.
        self._known = True
        self._turn = asyncio.Lock()
        self._unused = asyncio.Event()
        self._unused.set()
        self.current: str | None = None

    @asynccontextmanager
    async def using(self, wanted: str | None) -> AsyncIterator[None]:
        """Load `wanted` where other weights are in, and keep it for the block. Raises what `load` raises."""
        async with self._turn:
            if not (self._known and self.current == wanted):
                await self._unused.wait()
                self._known = False
                await self._load(wanted)
                self.current, self._known = wanted, True
            self._users += 1
            self._unused.clear()
        try:
            yield
        finally:
            # Nothing is awaited here: a call that is cancelled meanwhile would never be counted out.
            self._users -= 1
            if not self._users:
                self._unused.set()
