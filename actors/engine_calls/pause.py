"""Pause between a reply of an engine and the next call to it, in which the questions that were answered ask again."""

from __future__ import annotations

import asyncio

PAUSE_S = 0.01
"""Seconds at most between a reply and the next call."""
IDLE_PAUSE_S = 0.002
"""The same, while the engine has nothing of this worker's to do."""


class Pause:
    """Pause that ends once as many requests have come as were answered, or after a moment."""

    def __init__(self) -> None:
        self._expected = 0
        self._over = asyncio.Event()

    def asked(self) -> None:
        """Note that a request has come."""
        self._expected -= 1
        if not self._expected:
            self._over.set()

    async def wait(self, answered: int, *, busy: bool) -> None:
        """Return once `answered` requests have come, or after a moment; `busy` while the engine has more to do."""
        self._expected = answered
        self._over.clear()
        timer = asyncio.get_running_loop().call_later(PAUSE_S if busy else IDLE_PAUSE_S, self._over.set)
        await self._over.wait()
        timer.cancel()
