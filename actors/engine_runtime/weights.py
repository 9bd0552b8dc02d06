"""Which weights an engine answers with: one set at a time, whoever asks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager


class Weights:
    """The weights in an engine. A call names those it wants; while others are in use, it waits, and so do all calls
    that come after it.

    So that a swap needs no drain, no answer mixes two sets, and an engine that was restarted, and is back at its first
    weights, gets the wanted ones again with the next call. `load` puts others in; None stands for the first ones.
    """

    def __init__(self, load: Callable[[str | None], Awaitable[None]]) -> None:
        self._load = load
        self._users = 0
        self._known = True  # False when a load has failed half way
        self._turn = asyncio.Lock()
        self._unused = asyncio.Event()
        self._unused.set()
        self.current: str | None = None

    @asynccontextmanager
    async def using(self, wanted: str | None) -> AsyncIterator[None]:
        """`wanted` is loaded and stays for the block. Raises what `load` raises."""
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
        finally:  # nothing is awaited here, or a call that is cancelled meanwhile would never be counted out
            self._users -= 1
            if not self._users:
                self._unused.set()
