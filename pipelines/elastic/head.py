"""Questions to Ray's head, which may be away for a while: nobody waits for its answer longer than he wants to.

Ray refuses no question while the head's server (GCS) is being started again: it holds it until the server is there, and
ends this process after `RAY_gcs_rpc_server_reconnect_timeout_s` seconds without one. So each question is asked in a
thread of its own. What Ray raises otherwise (`AWAY`) is as good as no answer; anything else is a bug, here or there.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from ray.exceptions import GetTimeoutError, RaySystemError, RpcError

AWAY = (RaySystemError, RpcError, GetTimeoutError)
"""Errors that Ray raises for a head that cannot be reached, or does not answer in Ray's own time."""
FRESH_S = 5.0
"""Seconds for which an answer that came late still counts: a head that is slow for all who ask is not away."""
T = TypeVar("T")


class HeadAway(Exception):
    """Sign that Ray's head does not answer: it is being started again, or slow, or gone."""


class Question(Generic[T]):
    """Question to the head that is asked again and again, and is in Ray's hands once at a time.

    Args:
      ask: asks it; may take as long as the head is away.
      patience_s: seconds to wait for an answer.
    """

    def __init__(self, ask: Callable[[], T], patience_s: float) -> None:
        self._ask = ask
        self._patience_s = patience_s
        self._asked: _Asked[T] | None = None

    def answer(self) -> T:
        """Return the answer to a question that was just asked, or `FRESH_S` ago at most.

        Raises `HeadAway` where none comes in time, else what asking raises.
        """
        asked, patience_s = self._asked, 0.0
        if asked is None or asked.is_old():
            asked, patience_s = _Asked(self._ask), self._patience_s
        self._asked = asked
        if not asked.done.wait(patience_s):
            raise HeadAway(f"Ray's head did not answer within {self._patience_s:g} s")
        self._asked = None
        try:
            return asked.result()
        except AWAY as error:
            raise HeadAway(f"Ray's head cannot be asked: {error}") from error


class _Asked(Generic[T]):
    """Question that was asked, in a thread of its own."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._results: list[T] = []
        self._error: BaseException | None = None
        self._answered = 0.0
        self.done = threading.Event()
        # A daemon, as the end of this process must not wait for the head either.
        threading.Thread(target=self._wait, daemon=True, name="question to the head").start()

    def is_old(self) -> bool:
        """Return whether it was answered so long ago that things may have changed."""
        return self.done.is_set() and time.monotonic() - self._answered > FRESH_S

    def result(self) -> T:
        """Return the answer, or raise what came instead."""
        if self._error is not None:
            raise self._error
        return self._results[0]

    def _wait(self) -> None:
        """Ask, and wait as long as it takes."""
        try:
            self._results.append(self._ask())
        except BaseException as error:
            self._error = error
        self._answered = time.monotonic()
        self.done.set()
