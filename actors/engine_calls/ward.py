"""Ward of an engine: requests that may have killed an engine are tried there, those of one client at a time."""

from __future__ import annotations

import asyncio
import time
from collections import deque

STAY_S = 900.0
"""Seconds after which a client has to leave, though it said nothing."""


class Ward:
    """Place for one client at a time; others wait in the order in which they came."""

    def __init__(self) -> None:
        self._client: str | None = None
        self._until = 0.0
        self._waiting: deque[tuple[str, asyncio.Future[None]]] = deque()

    @property
    def taken(self) -> bool:
        """True while a client is in, or waits."""
        return self._client is not None

    async def enter(self, client: str) -> None:
        """Wait until the ward is free, and take it."""
        if self._client is None:
            self._take(client)
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((client, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._next()
            raise

    def leave(self, client: str) -> None:
        """Free the ward for the next client, when this one is in."""
        if self._client == client:
            self._next()

    def expire(self, now: float) -> None:
        """Free the ward of a client that has stayed for too long."""
        if self._client is not None and now > self._until:
            self._next()

    def _take(self, client: str) -> None:
        self._client, self._until = client, time.monotonic() + STAY_S

    def _next(self) -> None:
        """Let the next one in."""
        self._client = None
        while self._waiting:
            client, turn = self._waiting.popleft()
            if not turn.done():
                self._take(client)
                turn.set_result(None)
                return
