"""Checks of a worker: each goes to the idlest checker, in micro-batches; checkers come and go."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from actors.batching import Batcher
from actors.calls import CallPatience, call_with_retries
from actors.engine_calls.losses import Moved
from factory.errors import CheckerFailed
from factory.types import Question, Verdict

Item = tuple[Question, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFlow:
    """Flow of checks to one checker. What is more waits with the caller, where no time-out runs.

    * `batch`: items of a call.
    * `in_flight`: calls at a time.
    * `request_s`: seconds for each call.
    """

    batch: int = 256
    in_flight: int = 4
    request_s: float = 600.0


USUAL_FLOW = CheckFlow()


class Checks:
    """Checkers as one worker sees them.

    Args:
      checkers: handles by name.
      patience: time-outs and attempts of calls.
      flow: how checks are sent to a checker.
    """

    def __init__(self, checkers: Mapping[str, Any], patience: CallPatience, flow: CheckFlow) -> None:
        self._patience = replace(patience, request_s=flow.request_s)
        self._flow = flow
        self._checkers: dict[str, _Checker] = {}
        self._news = asyncio.Event()
        self.update(checkers)

    def update(self, checkers: Mapping[str, Any], leaving: Collection[str] = ()) -> None:
        """Have these checkers from now on. What others have goes to those that stay, which counts as no try.

        Args:
          checkers: handles by name; who is there already stays as it is.
          leaving: names of those that get nothing new. Where all of them leave, they are asked until they are gone.
        """
        for name in [name for name in self._checkers if name not in checkers]:
            self._checkers.pop(name).retire()
        staying = any(name not in leaving for name in checkers)
        for name, actor in checkers.items():
            if name not in self._checkers:
                self._checkers[name] = _Checker(actor, self._patience, self._flow)
            self._checkers[name].leaving = staying and name in leaving
        self._news.set()
        self._news = asyncio.Event()

    async def __call__(self, question: Question, text: str) -> Verdict:
        """Return the verdict on a solution. Raises `CheckerFailed` when no checker answers."""
        while True:
            checker = await self._idlest()
            checker.checks += 1
            try:
                return await checker.ask((question, text))
            except Moved:
                continue
            finally:
                checker.checks -= 1

    async def _idlest(self) -> _Checker:
        """Return the checker with the fewest checks, once there is one. Raises `CheckerFailed` when none comes."""
        limit_s = self._patience.restart_s
        if not self._checkers:
            try:
                async with asyncio.timeout(limit_s):
                    while not self._checkers:
                        await self._news.wait()
            except TimeoutError:
                raise CheckerFailed(f"there is no answer checker, and none has come for {limit_s:.0f} s") from None
        return min((one for one in self._checkers.values() if not one.leaving), key=lambda one: one.checks)


class _Checker:
    """Checker as one worker sees it.

    * `checks`: checks that it has.
    * `leaving`: it gets nothing new.
    * `ask`: gives it an item.
    """

    def __init__(self, actor: Any, patience: CallPatience, flow: CheckFlow) -> None:
        self._actor, self._patience = actor, patience
        self._alone = asyncio.Lock()
        self._room = asyncio.Semaphore(flow.in_flight)
        self._gone = False
        self._calls: set[asyncio.Task[list[Any]]] = set()
        self.checks = 0
        self.leaving = False
        self.ask: Batcher[Item, Verdict] = Batcher(self._send, flow.batch)

    def retire(self) -> None:
        """Give back all items: the checker is gone, or will be in a moment."""
        self._gone = True
        for call in self._calls:
            call.cancel()

    async def _send(self, batch: list[Item]) -> Sequence[Any]:
        """Send a batch of items until it is answered; a call waits while too many are in flight.

        Raises `Moved` when the checker is gone.
        """
        async with self._room:
            if self._gone:
                raise Moved
            call = asyncio.ensure_future(self._answered(batch))
            self._calls.add(call)
            try:
                return await call
            except asyncio.CancelledError:
                if not self._gone:
                    raise
                raise Moved from None
            finally:
                self._calls.discard(call)

    async def _answered(self, batch: list[Item]) -> list[Any]:
        """Return what the checker says of each item."""
        ready, check = self._actor.__ray_ready__.remote, self._actor.check.remote
        return await call_with_retries(check, ready, batch, self._patience, CheckerFailed, self._alone)
