"""Gate in front of the servers: a request passes when its server has room, in the order in which they came.

Each server has a queue of its own, so that a question's requests wait for the server that has its prefixes. One that
has room while nothing waits for it takes from the longest queue. What waited for a server that is left alone goes to
the others; with no other it waits, for as long as an outage may last.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from actors.http_engine.servers import Server, Servers
from factory.errors import FactoryError


@dataclass(slots=True, eq=False)
class _Waiter:
    """Request in front of the gate; `future` takes the server that it may go to, and whether it is on trial there."""

    question_id: str
    samples: int
    avoid: Server | None
    future: asyncio.Future[tuple[Server, bool]]


class Gate:
    """Gate of one engine.

    Args:
      servers: who is asked.
      outage_s: seconds without a useful answer after which nobody waits any longer.
    """

    def __init__(self, servers: Servers, outage_s: float) -> None:
        self.servers = servers
        self._outage_s = outage_s
        self._queues: dict[Server, deque[_Waiter]] = {server: deque() for server in servers.all}
        # Those that wait while all servers are closed.
        self._homeless: deque[_Waiter] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """Samples that wait."""
        return sum(server.waiting for server in self._queues) + sum(waiter.samples for waiter in self._homeless)

    async def enter(self, question_id: str, samples: int, avoid: Server | None = None) -> tuple[Server, bool]:
        """Return the server that a request may go to now, and whether it is on trial there.

        Args:
          question_id: question that asks.
          samples: samples that it asks for.
          avoid: server that should not get it, if another one is open.

        Raises:
          FactoryError: no server was of use for too long.
        """
        waiter = _Waiter(question_id, samples, avoid, asyncio.get_running_loop().create_future())
        self._homeless.append(waiter)
        self.pump()
        try:
            return await waiter.future
        except asyncio.CancelledError:
            if waiter.future.done() and not waiter.future.cancelled() and waiter.future.exception() is None:
                server, trial = waiter.future.result()
                server.breaker.abandoned(trial=trial)
                self.leave(server, samples)
            else:
                self._forget(waiter)
            raise

    def leave(self, server: Server, samples: int) -> None:
        """Note that a request is at its server no more."""
        server.room.end(time.monotonic(), samples)
        self.pump()

    def pump(self) -> None:
        """Let all pass that can, and come back when time alone lets more pass."""
        now = time.monotonic()
        self._give_up(now)
        for server, queue in self._queues.items():
            if queue and not server.is_open(now):
                server.waiting = 0
                self._homeless.extend(queue)
                queue.clear()
        self._settle(now)
        for server, queue in self._queues.items():
            while queue and server.is_open(now) and server.fits(queue[0].samples):
                self._grant(server, server, now)
        for server in self._queues:
            self._steal(server, now)
        self._set_timer(now)

    def _settle(self, now: float) -> None:
        """Put those without a server into the queue of one that is open."""
        homeless, self._homeless = self._homeless, deque()
        for waiter in homeless:
            server = self.servers.choose(waiter.question_id, now, waiter.avoid)
            if server is None:
                self._homeless.append(waiter)
            else:
                self._queues[server].append(waiter)
                server.waiting += waiter.samples

    def _steal(self, server: Server, now: float) -> None:
        """Have a server with room and nothing to do take from the longest queue."""
        while not self._queues[server] and server.is_open(now):
            longest = max(self._queues, key=lambda other: other.waiting)
            queue = self._queues[longest]
            if not queue or not server.fits(queue[0].samples) or server is queue[0].avoid:
                return
            self._grant(server, longest, now)

    def _grant(self, server: Server, owner: Server, now: float) -> None:
        """Let the first in the queue of `owner` pass to `server`."""
        waiter = self._queues[owner].popleft()
        owner.waiting -= waiter.samples
        # One that was cancelled a moment ago is still there.
        if not waiter.future.done():
            waiter.future.set_result((server, server.sent(now, waiter.samples)))

    def _give_up(self, now: float) -> None:
        """Tell all who wait that nothing comes any more, once that is so."""
        since = self.servers.since
        if since is None or now - since < self._outage_s:
            return
        # Whoever asks later gets the whole time again.
        self.servers.since = None
        said = (
            f"no server of engine.base_url gave a useful answer for {now - since:.0f} s (engine.outage_s): "
            f"{self.servers.troubles()}. What is committed stays; once a server works, `factory resume` goes on."
        )
        for queue in (*self._queues.values(), self._homeless):
            for waiter in queue:
                if not waiter.future.done():
                    waiter.future.set_exception(FactoryError(said))
            queue.clear()
        for server in self._queues:
            server.waiting = 0

    def _forget(self, waiter: _Waiter) -> None:
        """Take out one who does not wait any more."""
        for server, queue in self._queues.items():
            if waiter in queue:
                queue.remove(waiter)
                server.waiting -= waiter.samples
        if waiter in self._homeless:
            self._homeless.remove(waiter)

    def _set_timer(self, now: float) -> None:
        """Come back when the next server opens, or the outage is over the limit."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        # Requests without samples, such as a prompt to be tokenised, wait, too.
        if not (self._homeless or any(self._queues.values())):
            return
        times: Iterable[float | None] = (server.opens_at(now) for server in self._queues)
        since = self.servers.since
        due = [moment for moment in (*times, None if since is None else since + self._outage_s) if moment is not None]
        if due:
            self._timer = asyncio.get_running_loop().call_later(max(0.001, min(due) - now), self.pump)
