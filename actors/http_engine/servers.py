"""Servers of an engine: which of them gets a request, and since when none has been of use. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from actors.http_engine.breaker import Breaker
from actors.http_engine.room import Room
from factory.rollouts.routing import EngineLoad, route

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
"""Seconds that a busy server is left alone where it does not say for how long; each refusal in a row doubles them."""
LONGEST_ASKED_S = 120.0
"""Seconds of a `Retry-After` at most: then it is asked again, whatever it said."""


class Server:
    """State of one server. Every call says what time it is, in seconds; times never go back.

    * `url`: base URL.
    * `room`: samples that are worth asking it for at a time.
    * `waiting`: samples that wait for it here.
    * `worked_at`: when it gave the last useful answer.
    * `trouble`: what was wrong with the last useless one, "" for nothing since.
    """

    def __init__(self, url: str, room: Room) -> None:
        self.url, self.room = url, room
        self.breaker = Breaker()
        self.waiting = 0
        self.worked_at = float("-inf")
        self.trouble = ""
        self._paused_until = 0.0
        self._pause = FIRST_PAUSE_S
        # Engines that were refused together shall not come back together.
        self._jitter = Random()

    def is_open(self, now: float) -> bool:
        """Return whether it may be sent something."""
        return now >= self._paused_until and self.breaker.lets_pass(now)

    def opens_at(self, now: float) -> float | None:
        """Return when it may be sent something, as far as time alone decides that; None where it may now."""
        until = max(self._paused_until, self.breaker.opens_at or 0.0)
        return until if until > now else None

    def fits(self, samples: int) -> bool:
        """Return whether it has room for so many samples; one that has nothing takes any number."""
        return not self.room.held or self.room.held + samples <= self.room.limit

    def sent(self, now: float, samples: int) -> bool:
        """Count a request that is sent, and return whether it is on trial."""
        self.room.begin(now, samples)
        return self.breaker.sent()

    def worked(self, now: float, sent: float, samples: int, tokens: int) -> None:
        """Note a useful answer; one without samples tells nothing of the room."""
        if samples:
            self.room.answered(now, sent, samples, tokens)
        self.breaker.worked()
        self.worked_at, self.trouble, self._pause = now, "", FIRST_PAUSE_S

    def busy(self, now: float, sent: float, trial: bool, retry_after: float | None, said: str) -> None:
        """Note that it has too much to do: leave it alone for as long as it says."""
        self.room.refused(now, sent)
        self.breaker.abandoned(trial=trial)
        self.trouble = said
        if now < self._paused_until:
            return
        if retry_after is None:
            retry_after = self._pause * self._jitter.uniform(0.75, 1.25)
            self._pause = min(2 * self._pause, LONGEST_PAUSE_S)
        self._paused_until = now + min(retry_after, LONGEST_ASKED_S)

    def failed(self, now: float, trial: bool, said: str, *, gone: bool) -> None:
        """Note a useless answer, or none; `gone` as for the breaker."""
        self.breaker.failed(now, trial=trial, gone=gone)
        self.trouble = said


class Servers:
    """Servers of one engine.

    * `since`: since when no server has been of use, seen from the first request that failed; None while they work.
    """

    def __init__(self, servers: Sequence[Server]) -> None:
        self.all = list(servers)
        self.since: float | None = None

    def choose(self, question_id: str, now: float, avoid: Server | None = None) -> Server | None:
        """Return the server for a request of a question; None where all are closed.

        It is the one that has the question's prefixes in its cache, unless much waits for it (`factory.rollouts.
        routing`), and not `avoid`, if another one is open.
        """
        is_open = [server.is_open(now) for server in self.all]
        if avoid in self.all and sum(is_open) > 1:
            is_open[self.all.index(avoid)] = False
        loads = [
            EngineLoad(samples=server.room.held + server.waiting, slots=server.room.limit, open=opened)
            for server, opened in zip(self.all, is_open, strict=True)
        ]
        index = route(question_id, loads)
        return None if index is None else self.all[index]

    def worked(self) -> None:
        """Note a useful answer of any server."""
        self.since = None

    def failed(self, sent: float) -> None:
        """Note a useless one, or none, to a request that was sent then."""
        if self.since is None:
            self.since = max(sent, *(server.worked_at for server in self.all))

    @property
    def limit(self) -> int:
        """Samples that all servers which work have room for, at least 1."""
        return max(1, sum(server.room.limit for server in self.all if server.breaker.is_closed))

    @property
    def held(self) -> int:
        """Samples in flight."""
        return sum(server.room.held for server in self.all)

    def troubles(self) -> str:
        """Return what is wrong with each server, in one line."""
        return "; ".join(f"{server.url}: {server.trouble or 'no useful answer'}" for server in self.all)
