"""Asking of servers until one gives a useful answer: what is tried again, where, and when that ends.

* No connection, and answers that are useless to everybody (an outage): the request waits for a server, and no try
  counts. After `outage_s` without any useful answer, the run ends.
* A useless answer while other requests of that server are answered: a try. It goes to another server, and after
  `attempts` of them its question fails.
* Too much to do (429, 503): the request waits, the server gets less.
* A prompt that is too long, a request that is refused as it is: its question fails. Where no request was ever taken,
  the settings are at fault, and the run ends.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import TypeVar

from actors.http_engine.answers import BadAnswer
from actors.http_engine.gate import Gate
from actors.http_engine.refusals import Refusal, Trouble, refusal_of
from actors.http_engine.servers import Server
from actors.http_engine.wire import Broken, Late, Reply, Unreachable
from factory.errors import BadInput, EngineFailed, PromptTooLong

logger = logging.getLogger(__name__)

T = TypeVar("T")

REFUSED = 3
"""Requests refused in a row, before any was taken, that show that the settings are at fault."""
PAUSE_S = 0.2
"""Seconds before another try of a request that alone got no useful answer; each more waits longer."""


class Asker:
    """Asker of all servers of an engine.

    Args:
      gate: lets requests pass.
      attempts: useless answers to one request, while others are answered, after which it fails.
      knock: looks whether a server that was out is there again; returns its refusal, None for none, and raises as a
        request may.

    Attributes:
      counts: what happened, by name: `busy`, `broken`, `bad_answers`, `other_model`, `refused`.
    """

    def __init__(self, gate: Gate, attempts: int, knock: Callable[[str], Awaitable[Reply | None]]) -> None:
        self._gate, self._knock = gate, knock
        self._attempts = attempts
        self._taken = False
        self._refused_in_a_row = 0
        self.counts: Counter[str] = Counter(dict.fromkeys(("busy", "broken", "bad_answers", "other_model"), 0))

    async def ask(
        self,
        question_id: str,
        samples: int,
        send: Callable[[str], Awaitable[Reply]],
        read: Callable[[Reply], T],
        tokens: Callable[[T], int],
    ) -> T:
        """Return what `read` makes of the first useful answer.

        Args:
          question_id: question that asks; its requests prefer one server.
          samples: samples that are asked for.
          send: sends the request to the server with this base URL.
          read: makes something of a reply with status 200; raises `BadAnswer`.
          tokens: says how many tokens that holds.

        Raises:
          PromptTooLong: a server says so.
          EngineFailed: this request alone gets no useful answer.
          BadInput: the servers take no request with these settings.
          FactoryError: no server is of use.
        """
        tries, avoid, said, refused = 0, None, "", False
        while tries < self._attempts:
            server, trial = await self._gate.enter(question_id, samples, avoid)
            sent = time.monotonic()
            try:
                # A server on trial is knocked at first: one that hangs would have the request for minutes.
                reply = (await self._knock(server.url) if trial else None) or await send(server.url)
                refusal = refusal_of(reply)
                if refusal is None:
                    value = read(reply)
                    self._took(server, sent, samples, tokens(value))
                    return value
                said = self._refused(server, sent, trial, reply, refusal)
                useless = refusal.trouble is not Trouble.BUSY
                if refusal.trouble is Trouble.REFUSED:
                    # A proxy may have said that, so another try is due.
                    self._refuse(said, again=refused)
                    refused = True
            except (Unreachable, Broken, BadAnswer) as error:
                said, useless = self._failed(server, sent, trial, error), True
            except asyncio.CancelledError:
                server.breaker.abandoned(trial=trial)
                raise
            finally:
                self._gate.leave(server, samples)
            # Only where others are answered meanwhile, it is this request.
            if useless and server.worked_at > sent:
                tries += 1
                await asyncio.sleep(PAUSE_S * tries)
            avoid = server if useless else None
        failed = EngineFailed(f"no useful answer in {tries} attempts; the last one: {said}")
        failed.attempts = tries
        raise failed

    def _took(self, server: Server, sent: float, samples: int, tokens: int) -> None:
        """Note a useful answer."""
        if not server.breaker.is_closed:
            logger.warning("%s answers again", server.url)
        server.worked(time.monotonic(), sent, samples, tokens)
        self._gate.servers.worked()
        self._taken, self._refused_in_a_row = True, 0

    def _refused(self, server: Server, sent: float, trial: bool, reply: Reply, refusal: Refusal) -> str:
        """Note a refusal, and return it in one line. Raises `PromptTooLong`."""
        now, said = time.monotonic(), f"{server.url}: {refusal.said}"
        if refusal.trouble in (Trouble.TOO_LONG, Trouble.REFUSED):
            # It works; the request is at fault.
            server.breaker.worked()
            self._gate.servers.worked()
        if refusal.trouble is Trouble.TOO_LONG:
            raise PromptTooLong(f"the server finds it too long: {refusal.said}")
        if refusal.trouble is Trouble.REFUSED:
            self.counts["refused"] += 1
            return said
        self._gate.servers.failed(sent)
        if refusal.trouble is Trouble.BUSY:
            self.counts["busy"] += 1
            server.busy(now, sent, trial, reply.retry_after, refusal.said)
        else:
            self.counts["broken"] += 1
            self._fail(server, trial, refusal.said, gone=refusal.trouble in (Trouble.KEY, Trouble.ABSENT))
        return said

    def _refuse(self, said: str, *, again: bool) -> None:
        """Raise for a request that is refused as it is, if that is so `again`."""
        self._refused_in_a_row += 1
        if not self._taken and self._refused_in_a_row >= REFUSED:
            raise BadInput(
                f"the server takes no request with these settings: {said}. Expected settings of sampling that it "
                "knows (sampling.top_k=-1, sampling.top_p=1, engine.seeded=false may help)."
            )
        if again:
            raise EngineFailed(f"refused: {said}")

    def _failed(self, server: Server, sent: float, trial: bool, error: Exception) -> str:
        """Note an answer that is of no use, or none, and return what it was, in one line."""
        now = time.monotonic()
        self._gate.servers.failed(sent)
        if isinstance(error, BadAnswer):
            self.counts["other_model" if error.other_model else "bad_answers"] += 1
        else:
            self.counts["broken"] += 1
        if isinstance(error, Late):
            server.room.refused(now, sent)
        self._fail(server, trial, str(error), gone=isinstance(error, Unreachable))
        return f"{server.url}: {error}"

    def _fail(self, server: Server, trial: bool, said: str, *, gone: bool) -> None:
        """Note a failure of a server, and say it where that one is left alone from now on."""
        was_in = server.breaker.is_closed
        server.failed(time.monotonic(), trial, said, gone=gone)
        if was_in and not server.breaker.is_closed:
            logger.warning("%s is left alone for a while: %s", server.url, said)
