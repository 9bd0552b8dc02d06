"""Calls to actors that may die: who they are, limits on their time, bounded retries, and what their errors mean.

Invariant: the first try is the batch as it came, the second every item by itself, later ones one after the other. So an
item that kills its actor every time takes nobody along who was in flight with it, and fails alone. (Requests to engines
take another way: `actors/engine_calls/`.)
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, ObjectLostError, RayActorError, RayError, RayTaskError

from actors.json_log import OF_NOBODY
from actors.roster import Roster
from factory.errors import FactoryError, QuestionFailed

logger = logging.getLogger(__name__)

GONE = (RayActorError, ObjectLostError, GetTimeoutError, TimeoutError)
"""Errors of a call whose actor, actor's node or answer is gone: worth another try."""
LOOK_UP_S = 1.0
"""Seconds that a worker waits for Ray to look up the actors of a new roster, before it goes on with the old one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPatience:
    """Limits on calls to other actors.

    * `request_s`: seconds for one call; for a request to an engine, from when the engine has taken it, and more for
      more tokens (`factory/rollouts/patience.py`).
    * `commit_s`: seconds for one commit, which may have to wait for its store.
    * `restart_s`: seconds until a restarted actor answers.
    * `attempts`: how often a call is sent.
    """

    request_s: float = 600.0
    commit_s: float = 3600.0
    restart_s: float = 900.0
    attempts: int = 4


class NamedActors:
    """Actors of a roster, looked up by name: each once, and forgotten when no roster names it any more.

    * `version`: that of the roster whose actors are called.

    Args:
      call: hears who is to be called from now on: a roster, and the handles by name of those that are there.
    """

    def __init__(self, call: Callable[[Roster, Mapping[str, Any]], None]) -> None:
        self._call = call
        self._handles: dict[str, Any] = {}
        self._looking_up: asyncio.Task[None] | None = None
        self.version = 0

    def begin(self, roster: Roster) -> None:
        """Call the actors of a roster; blocks while Ray looks them up, and raises what it says when it cannot."""
        self._take(roster, self._looked_up(roster))

    async def follow(self, roster: Roster) -> None:
        """Call the actors of a newer roster from now on.

        Returns without it when Ray does not say soon who they are: it may be known a moment later, else the next time
        that somebody brings the roster.
        """
        if not roster.is_news_after(self.version):
            return
        if self._looking_up is None or self._looking_up.done():
            self._looking_up = asyncio.ensure_future(self._look_up(roster))
        await asyncio.wait([self._looking_up], timeout=LOOK_UP_S)
        if self._looking_up.done():
            # A bug is raised here.
            self._looking_up.result()

    async def _look_up(self, roster: Roster) -> None:
        """Look the actors of a roster up, and call them from now on."""
        try:
            handles = await asyncio.to_thread(self._looked_up, roster)
        except RayError as error:
            # Ray's own directory may be down for a while; the old roster holds on.
            said = (roster.version, brief(error))
            logger.warning("roster %d waits, its actors cannot be looked up: %s", *said, extra=OF_NOBODY)
        else:
            self._take(roster, handles)

    def _looked_up(self, roster: Roster) -> dict[str, Any]:
        """Return the handles of actors by name, without those that are not there any more."""
        handles = {name: self._handles[name] for name in roster.names if name in self._handles}
        for name in roster.names:
            if name not in handles:
                # That is what Ray says of an actor that is not there.
                with suppress(ValueError):
                    handles[name] = ray.get_actor(name)
        return handles

    def _take(self, roster: Roster, handles: dict[str, Any]) -> None:
        """Have the actors of a roster called."""
        self._handles, self.version = handles, roster.version
        self._call(roster, handles)


async def call_with_retries(
    call: Callable[[list[Any]], Any],
    ready: Callable[[], Any],
    batch: list[Any],
    patience: CallPatience,
    failure: type[QuestionFailed],
    alone: asyncio.Lock,
) -> list[Any]:
    """Send a batch until it is answered; items that never are become failures.

    Args:
      call: sends a list of items to the actor.
      ready: asks the actor for a sign of life; it is waited for between two attempts.
      batch: items.
      patience: time-outs and attempts.
      failure: class of the error for an item without an answer.
      alone: held by an item from its third attempt on, so that suspects meet their actor one at a time.

    Returns:
      One answer or failure per item, in order.
    """
    try:
        return list(await within(call(batch), patience.request_s))
    except GONE as error:
        first = error
    singly = (_retry_alone(call, ready, item, patience, failure, alone, first) for item in batch)
    return list(await asyncio.gather(*singly))


async def _retry_alone(
    call: Callable[[list[Any]], Any],
    ready: Callable[[], Any],
    item: Any,
    patience: CallPatience,
    failure: type[QuestionFailed],
    alone: asyncio.Lock,
    error: Exception,
) -> Any:
    """Send one item by itself until it is answered; its failure when it never is. `error` ended its first attempt."""
    # Not tenacity: between two attempts the restarted actor has to answer, and a suspect item waits for its turn alone.
    # Its first attempt was in its batch.
    attempts = 1
    late = ""
    while attempts < patience.attempts:
        # Spread the attempts out: the items of a batch should not all meet again.
        await asyncio.sleep(random.uniform(0, attempts))
        # Only an item whose actor died twice is a suspect; a slow one kills nobody.
        suspect = attempts > 1 and not isinstance(error, TimeoutError)
        async with alone if suspect else nullcontext():
            if not await wait_until_ready(ready, patience.restart_s):
                late = f", and it was not back within {patience.restart_s:.0f} s"
                break
            attempts += 1
            try:
                [answer] = await within(call([item]), patience.request_s)
                return answer
            except GONE as again:
                error = again
    failed = failure(f"no answer after {attempts} attempts; the last one ended with {brief(error)}{late}")
    failed.attempts = attempts
    return failed


async def wait_until_ready(ready: Callable[[], Any], limit_s: float) -> bool:
    """Ask `ready` until it answers; False after `limit_s` seconds."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limit_s
    while (left := deadline - loop.time()) > 0:
        try:
            await within(ready(), left)
            return True
        except GONE:
            await asyncio.sleep(min(1.0, left))
    return False


async def within(ref: Any, seconds: float) -> Any:
    """Await an object ref with a limit; a call that exceeds it is cancelled, which a time-out alone does not do."""
    try:
        return await asyncio.wait_for(_resolve(ref), seconds)
    except TimeoutError:
        _cancel(ref)
        raise


async def _resolve(ref: Any) -> Any:
    """Await a ref and raise our own errors as they were raised."""
    try:
        return await ref
    except RayTaskError as error:
        raise original_error(error) from None


def original_error(error: RayTaskError) -> Exception:
    """Return our own error as it was raised, without the tracebacks Ray adds; a bug stays as Ray has it."""
    return error.cause if isinstance(error.cause, FactoryError) else error


def _cancel(ref: Any) -> None:
    """Cancel a call that is still running; anything but an object ref is left alone."""
    if isinstance(ref, ray.ObjectRef):
        ray.cancel(ref)


def brief(error: BaseException) -> str:
    """Return an error's type and first line; Ray's run over many."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
