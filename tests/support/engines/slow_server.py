"""Simulated servers that slow down under load, with a simulated clock: for tests of back-pressure."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from random import Random

from actors.http_engine.room import Room

Speed = Callable[[float], float]
"""Tokens per second of all samples together, by how many there are."""


class Simulation:
    """Closed loop: as many requests as the room allows are always under way; each sample gets its share of the speed.

    Args:
      speed: the server's speed by load.
      room: asked how many samples may be in flight; None for `fixed` ones.
      fixed: samples in flight without a room.
      n: samples of a request.
      spread: sigma of the log-normal length of a sample, 100 tokens on the average.
      refuses_from: samples from which on the server refuses more; None for never.
    """

    def __init__(
        self,
        speed: Speed,
        *,
        room: Room | None = None,
        fixed: int = 0,
        n: int = 1,
        spread: float = 0.5,
        refuses_from: int | None = None,
        seed: int = 0,
    ) -> None:
        self.speed, self.room, self.fixed, self.n = speed, room, fixed, n
        self.spread, self.refuses_from, self.rng = spread, refuses_from, Random(seed)
        self.now, self.tokens, self.refusals = 1.0, 0.0, 0
        # Tokens that each sample has got since the beginning, as all get the same; a sample ends at some such number.
        self._each = 0.0
        self._ends: list[tuple[float, int]] = []
        # For each request: when it was sent, its samples that run, and its tokens.
        self._requests: dict[int, tuple[float, list[int], int]] = {}
        self._made = 0

    def run(self, seconds: float) -> float:
        """Go on for so many seconds, and return the tokens per second in them."""
        until, before = self.now + seconds, self.tokens
        while self.now < until:
            self._send()
            self._pass()
        return (self.tokens - before) / seconds

    def _send(self) -> None:
        """Send as many requests as there is room for, up to a refusal."""
        while True:
            limit = self.room.limit if self.room else self.fixed
            if self._requests and self.n * (len(self._requests) + 1) > limit:
                return
            if self.room:
                self.room.begin(self.now, self.n)
                if self.refuses_from is not None and len(self._ends) + self.n > self.refuses_from:
                    self.refusals += 1
                    self.room.refused(self.now, self.now)
                    self.room.end(self.now, self.n)
                    return
            lengths = [100 * self.rng.lognormvariate(-(self.spread**2) / 2, self.spread) for _ in range(self.n)]
            self._made += 1
            self._requests[self._made] = (self.now, [self.n], sum(map(int, lengths)))
            for length in lengths:
                heapq.heappush(self._ends, (self._each + length, self._made))

    def _pass(self) -> None:
        """Let the time pass until a sample ends."""
        running = len(self._ends)
        end, request = heapq.heappop(self._ends)
        speed = self.speed(running)
        self.now += (end - self._each) * running / speed
        self.tokens += (end - self._each) * running
        self._each = end
        sent, left, tokens = self._requests[request]
        left[0] -= 1
        if not left[0]:
            del self._requests[request]
            if self.room:
                self.room.answered(self.now, sent, self.n, tokens)
                self.room.end(self.now, self.n)
