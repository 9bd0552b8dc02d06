"""Start of an engine: once for all who ask, and again for those who ask after it failed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

PAUSE_S = 1.0
"""Seconds after a failed start in which those who ask hear of it, and no other start is tried."""


class Startup:
    """Start that everybody waits for. `start` may raise; the next one who asks after a pause has it tried again."""

    def __init__(self, start: Callable[[], Awaitable[None]], pause_s: float = PAUSE_S) -> None:
        self._start = start
        self._pause_s = pause_s
        self._task: asyncio.Task[None] | None = None
        self._failed_at = 0.0

    async def done(self) -> None:
        """Return once the engine has started. Raises what `start` raises."""
        task = self._task
        if task is None or (
            task.done() and not _succeeded(task) and time.monotonic() > self._failed_at + self._pause_s
        ):
            task = self._task = asyncio.ensure_future(self._tried())
        # One who gives up waiting must not end the start for the others.
        await asyncio.shield(task)

    async def _tried(self) -> None:
        """Start, and note when that failed."""
        try:
            await self._start()
        finally:
            self._failed_at = time.monotonic()


def _succeeded(task: asyncio.Task[None]) -> bool:
    return not task.cancelled() and task.exception() is None
