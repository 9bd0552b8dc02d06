"""Mailbox of a client at an engine's actor: its open jobs, and answers until it has acknowledged them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from actors.engine_calls.wire import Answer, Request, Terms

POLL_S = 1.0
"""Seconds after which a client hears that nothing is done."""
FORGET_S = 120.0
"""Seconds after which a client that asks for nothing is forgotten."""


@dataclass(slots=True, eq=False)
class OpenJob:
    """Job that is not done.

    Attributes:
      request: what to compute.
      terms: on which terms.
      deliver: takes its answer.
      task: computes it, once it was admitted.
      taken: when the engine took it; 0 before.
      tokens: bound on the tokens of the longest sample that the engine had then.
      waves: rounds of samples that it has to wait for, its own included.
      late: True once it has taken too long.
    """

    request: Request
    terms: Terms
    deliver: asyncio.Future[Answer] | Parcel
    task: asyncio.Task[None] | None = None
    taken: float = 0.0
    tokens: int = 0
    waves: int = 1
    late: bool = False


@dataclass(slots=True, eq=False)
class Parcel:
    """Place in a mailbox for the answer of one job."""

    box: Mailbox
    number: int

    def set_result(self, answer: Answer) -> None:
        """Put the answer there."""
        self.box.put(self.number, answer)

    def done(self) -> bool:
        """Return whether nobody waits for the answer any more."""
        return self.number not in self.box.open


@dataclass(slots=True, eq=False)
class Mailbox:
    """Open jobs of a client and its answers, by number.

    Attributes:
      number: number of the mailbox.
      open: jobs that are not done.
      seen: when the client was last heard of.
      samples: samples of the open jobs.
    """

    number: int
    seen: float
    open: dict[int, OpenJob] = field(default_factory=dict)
    samples: int = 0
    _done: dict[int, Answer] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _known: bool = False
    # When the oldest of the answers came that were in no reply yet.
    _first_at: float | None = None

    def put(self, number: int, answer: Answer) -> None:
        """Take the answer of an open job."""
        self.take_out(number)
        self._done[number] = answer
        if self._first_at is None:
            self._first_at = asyncio.get_running_loop().time()
        self._news.set()

    def take_out(self, number: int) -> OpenJob | None:
        """Return a job that is open no more."""
        job = self.open.pop(number, None)
        if job is not None:
            self.samples -= job.request.n
        return job

    def knows(self, number: int) -> bool:
        """Return whether a job is open or its answer waits: a repeat is not computed again."""
        return number in self.open or number in self._done

    def acknowledge(self, numbers: Iterable[int]) -> None:
        """Drop answers that the client has."""
        for number in numbers:
            self._done.pop(number, None)

    def wake(self) -> None:
        """Have the client's call return though nothing is done."""
        self._news.set()

    async def collect(self, gather_s: float = 0.0) -> list[tuple[int, Answer]]:
        """Return answers as soon as there are some, or none after a while.

        While more jobs are open, an answer waits `gather_s` seconds for others that may go with it.
        """
        loop = asyncio.get_running_loop()
        # The first reply comes at once: it tells a new client what it may ask for.
        if not self._done and self._known:
            self._news.clear()
            timer = loop.call_later(POLL_S, self._news.set)
            try:
                await self._news.wait()
            finally:
                timer.cancel()
            # What ends in the same turn of the event loop goes together at least.
            await asyncio.sleep(0)
        if self._first_at is not None and self.open and (left := self._first_at + gather_s - loop.time()) > 0:
            await asyncio.sleep(left)
        self._known, self._first_at = True, None
        return list(self._done.items())
