"""Time and memory of a server: samples that share its speed, and the prefixes that it has computed before."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import OrderedDict
from collections.abc import Sequence
from random import Random

from tools.openai_server.options import Load

BLOCK = 16
"""Tokens of a block of the prefix cache; only whole blocks are remembered, as in vLLM."""


class Sharing:
    """Samples that share a server's speed, in the time that its caller tells. Pure.

    All that are under way progress at the same pace, `1 / load.factor(n)`. So a sample's end is fixed in a time that
    passes at this pace, whatever comes later.
    """

    def __init__(self, load: Load) -> None:
        self._load = load
        self._at = self._paced = 0.0
        self._tickets = itertools.count()
        # (end in paced time, ticket) of the samples under way; tickets of those given up.
        self._under_way: list[tuple[float, int]] = []
        self._gone: set[int] = set()
        self._waiting: OrderedDict[int, float] = OrderedDict()

    @property
    def running(self) -> int:
        """Number of samples under way."""
        return len(self._under_way) - len(self._gone)

    @property
    def waiting(self) -> int:
        """Number of samples without a slot."""
        return len(self._waiting)

    def come(self, now: float, seconds: float) -> int:
        """Take a new sample that would take `seconds` alone; return its ticket. It waits where all slots are taken."""
        self._pass(now)
        ticket = next(self._tickets)
        self._waiting[ticket] = seconds
        self._fill()
        return ticket

    def leave(self, ticket: int, now: float) -> None:
        """Give a sample up: nobody waits for it any more."""
        self._pass(now)
        if self._waiting.pop(ticket, None) is None and any(ticket == other for _, other in self._under_way):
            self._gone.add(ticket)
        self._drop()
        self._fill()

    def done(self, now: float) -> list[int]:
        """Return the tickets of the samples that have ended since the last call."""
        self._pass(now)
        ended = []
        while self._under_way and self._under_way[0][0] <= self._paced + 1e-9:
            ticket = heapq.heappop(self._under_way)[1]
            if ticket in self._gone:
                self._gone.discard(ticket)
            else:
                ended.append(ticket)
            self._drop()
            self._fill()
        return ended

    def next_end(self) -> float | None:
        """Return in how many seconds the next sample ends if nothing comes or goes; None where none is under way."""
        if not self._under_way:
            return None
        return max(0.0, self._under_way[0][0] - self._paced) * self._load.factor(self.running)

    def _pass(self, now: float) -> None:
        """Let time go by until `now`."""
        self._paced += (now - self._at) / self._load.factor(self.running)
        self._at = now

    def _drop(self) -> None:
        """Forget those that were given up and come next."""
        while self._under_way and self._under_way[0][1] in self._gone:
            self._gone.discard(heapq.heappop(self._under_way)[1])

    def _fill(self) -> None:
        """Let those that wait begin, as far as there are slots."""
        while self._waiting and (not self._load.slots or self.running < self._load.slots):
            ticket, seconds = self._waiting.popitem(last=False)
            heapq.heappush(self._under_way, (self._paced + seconds, ticket))


class Floor:
    """Samples of a running server: `Sharing` by the clock of its event loop."""

    def __init__(self, load: Load) -> None:
        self._load, self._sharing = load, Sharing(load)
        self._rng = Random(load.seed)
        self._ends: dict[int, asyncio.Future[None]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self.most_running = 0
        self.finished = 0

    @property
    def running(self) -> int:
        """Number of samples under way."""
        return self._sharing.running

    @property
    def waiting(self) -> int:
        """Number of samples without a slot."""
        return self._sharing.waiting

    async def work(self, lengths: Sequence[int]) -> None:
        """Return when samples of these lengths in tokens, begun together, have had their time.

        Cancelled, they give up their slots.
        """
        loop = asyncio.get_running_loop()
        seconds = [self._load.seconds(length, self._rng) for length in lengths]
        if not any(seconds):
            self.finished += len(lengths)
            return
        tickets = [self._sharing.come(loop.time(), each) for each in seconds]
        futures = [self._ends.setdefault(ticket, loop.create_future()) for ticket in tickets]
        self.most_running = max(self.most_running, self.running)
        self._plan(loop)
        try:
            await asyncio.gather(*futures)
            self.finished += len(tickets)
        finally:
            for ticket in tickets:
                if self._ends.pop(ticket, None) is not None:
                    self._sharing.leave(ticket, loop.time())
            self._plan(loop)

    def _plan(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wake up when the next sample ends."""
        if self._timer:
            self._timer.cancel()
        seconds = self._sharing.next_end()
        self._timer = None if seconds is None else loop.call_later(seconds, self._end, loop)

    def _end(self, loop: asyncio.AbstractEventLoop) -> None:
        for ticket in self._sharing.done(loop.time()):
            future = self._ends.pop(ticket, None)
            if future is not None and not future.done():
                future.set_result(None)
        self._plan(loop)


class PrefixCache:
    """Prefixes that were computed before, in blocks, the oldest forgotten first; `blocks` is how many it holds."""

    def __init__(self, blocks: int) -> None:
        self._most = blocks
        self._blocks: OrderedDict[int, None] = OrderedDict()
        self.queries = 0
        self.hits = 0

    def look_up(self, ids: Sequence[int]) -> int:
        """Return how many of a prompt's first tokens were there; count them. The last token is always computed."""
        hits = 0
        for key in self._keys(ids[:-1]):
            if key not in self._blocks:
                break
            self._blocks.move_to_end(key)
            hits += BLOCK
        self.queries += len(ids)
        self.hits += hits
        return hits

    def keep(self, ids: Sequence[int]) -> None:
        """Remember the whole blocks of `ids`."""
        for key in self._keys(ids):
            self._blocks[key] = None
            self._blocks.move_to_end(key)
        while len(self._blocks) > self._most:
            self._blocks.popitem(last=False)

    def _keys(self, ids: Sequence[int]) -> list[int]:
        keys, before = [], 0
        for start in range(0, len(ids) - BLOCK + 1, BLOCK):
            before = hash((before, tuple(ids[start : start + BLOCK])))
            keys.append(before)
        return keys
