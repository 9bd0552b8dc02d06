"""Revival of an engine's actor: it is waited for, taken out when it does not come, and taken in again when it does."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

import ray

from actors.calls import GONE, CallPatience, brief, within
from actors.json_log import OF_NOBODY
from factory.errors import FactoryError

logger = logging.getLogger(__name__)

START_TRIES = 4
"""Failed starts in a row after which an engine is taken out. Memory of a dead one may take seconds to be free."""
DEATHS_IN_A_ROW = 24
"""Deaths with no answer in between after which an engine is taken out: more than one bad request can cost."""
REST_S = 60.0
"""Seconds between two looks at an engine that was taken out."""


class Revival:
    """State of one engine's actor as one worker sees it.

    * `up`: it may be asked.
    * `out`: why it was taken out; "" while it was not.

    Args:
      actor: handle.
      name: what messages call it.
      patience: `restart_s` is how long it may take to come back.
      changed: hears when `up` or `out` changes.
      tell: hears why the engine was taken out, as a sentence for the user.
    """

    def __init__(
        self,
        actor: Any,
        name: str,
        patience: CallPatience,
        changed: Callable[[], None],
        tell: Callable[[str], None],
    ) -> None:
        self._actor = actor
        self._name = name
        self._patience = patience
        self._changed = changed
        self._tell = tell
        self._deaths = 0
        self._task: asyncio.Task[None] | None = None
        self.up = True
        self.out = ""

    def lives(self) -> None:
        """Note that it has answered a request."""
        self._deaths = 0

    def begin(self, client: str, *, died: bool) -> None:
        """Wait for it from now on.

        Args:
          client: name under which the actor may know this worker, should it live.
          died: True when it died while it had requests.
        """
        self._deaths += died
        self.end()
        self._task = asyncio.ensure_future(self._wait(client))

    def end(self) -> None:
        """Wait for it no more: it is gone for good, and that is no trouble of anybody's."""
        self.up, self.out = False, ""
        if self._task is not None:
            self._task.cancel()

    async def _wait(self, client: str) -> None:
        """Ask the actor until it answers; say so when it does not."""
        loop = asyncio.get_running_loop()
        if self._deaths >= DEATHS_IN_A_ROW:
            await self._rest(f"it died {self._deaths} times in a row, with no answer in between")
        deadline, failures, pause = loop.time() + self._patience.restart_s, 0, 0.5
        while True:
            left = deadline - loop.time()
            try:
                await within(self._actor.ready.remote(), left if left > 0 else self._patience.restart_s)
                break
            except GONE as error:
                if loop.time() >= deadline and not self.out:
                    self._end_if_blocked(error)
                    await self._rest(f"it was not back within {self._patience.restart_s:.0f} s: {brief(error)}")
            except Exception as error:
                # A bug that keeps it from starting is no other case: somebody waits for it, or for the others.
                failures += 1
                if failures >= START_TRIES:
                    reason = str(error) if isinstance(error, FactoryError) else brief(error)
                    await self._rest(f"it does not start, tried {failures} times: {reason}")
            await asyncio.sleep(pause)
            pause = min(2 * pause, 10.0)
        # What it may still compute for this worker is computed elsewhere by now.
        self._actor.forget.remote(client)
        if self.out:
            logger.warning("engine %s is back", self._name, extra=OF_NOBODY)
        self.up, self.out = True, ""
        self._changed()

    async def _rest(self, reason: str) -> None:
        """Take the engine out, and look at it again after a while."""
        first = not self.out
        self.out = f"engine {self._name} is taken out: {reason}"
        if first:
            logger.error("%s", self.out, extra=OF_NOBODY)
            self._tell(self.out)
        self._changed()
        await asyncio.sleep(REST_S)

    def _end_if_blocked(self, error: BaseException) -> None:
        """Have Ray restart an actor that neither answers nor dies."""
        if isinstance(error, TimeoutError):
            with contextlib.suppress(Exception):
                ray.kill(self._actor, no_restart=False)
