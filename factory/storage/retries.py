"""Retries of calls to a store, with growing, random pauses, so that a thousand writers do not come back at once.

* A call is repeated only when its failure may pass (`FaultKind.TRANSIENT`), and at most for `Access.patience_s`; for
  somebody who looks at a run and waits, at most for `LOOK_S`.
* Nothing else in the factory repeats calls to a store.
* Callers see `StorageFailed`, `FileNotFoundError` and `FileExistsError` only, never an error of the operating system or
  of S3's client.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    sleep_using_event,
    stop_after_delay,
    stop_when_event_set,
    wait_random_exponential,
)

from factory.errors import StorageFailed
from factory.storage.access import Access
from factory.storage.faults import FaultKind, kind_of, reason, sentence

T = TypeVar("T")
Tell = Callable[[str], None]

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 15.0
TELL_AFTER_S = 5.0  # troubles that pass earlier are not reported
LOOK_S = 60.0  # longest patience of a command by which a person looks
NOTHING_LOST = "Nothing committed is lost; go on with `factory resume`."

GIVEN_UP: ContextVar[threading.Event | None] = ContextVar("GIVEN_UP", default=None)
"""Event that is set as soon as nobody wants the results of this thread's calls: none is repeated then."""


class _Looks:
    """Number of open `looking` blocks, of the whole process: a command makes calls in many threads."""

    def __init__(self) -> None:
        self.open = 0
        self._lock = threading.Lock()

    def add(self, number: int) -> None:
        with self._lock:
            self.open += number


_LOOKS = _Looks()


@contextmanager
def looking() -> Iterator[None]:
    """Open a block in which this process only looks at folders, and a person waits for what it sees.

    A store that does not answer is given up after `LOOK_S` seconds, and messages are about the look, not about a run.
    Blocks may lie within each other.
    """
    _LOOKS.add(1)
    try:
        yield
    finally:
        _LOOKS.add(-1)


def is_looking() -> bool:
    """Return whether a `looking` block is open."""
    return _LOOKS.open > 0


class Refused(StorageFailed):
    """Refusal by the store: no waiting helps."""


def log_warning(line: str) -> None:
    """Write a line to the log of the storage, for callers that give nobody to tell."""
    logging.getLogger("factory.storage").warning(line)


class Retries:
    """Caller that repeats what fails for a moment, until `access.patience_s` seconds are over.

    Args:
      access: has the patience.
      url: the store's, for messages.
      tell: called with a line about every long wait.
    """

    def __init__(self, access: Access, url: str, tell: Tell = log_warning) -> None:
        self._patience_s = access.patience_s
        self._url = url
        self._tell = tell

    def __call__(self, what: str, call: Callable[[], T], *, may_be_missing: bool = False) -> T:
        """Return the result of `call`, repeating it while its failures may pass.

        Args:
          what: name of the call in messages: "write data/x".
          call: function to call.
          may_be_missing: a missing object is an answer to the caller, not a failure of the store.

        Raises:
          FileExistsError: a create found its name taken.
          FileNotFoundError: the object is missing, and `may_be_missing`.
          Refused: a `StorageFailed` that no waiting helps.
          StorageFailed: no success within the patience.
        """
        began = told = time.monotonic()
        looks = is_looking()
        patience_s = min(self._patience_s, LOOK_S) if looks else self._patience_s

        def before_pause(state: RetryCallState) -> None:
            nonlocal told
            error = state.outcome.exception() if state.outcome else None
            if error is not None and time.monotonic() - told > TELL_AFTER_S:
                told = time.monotonic()
                left = patience_s - (told - began)
                self._tell(f"{self._url} does not answer ({reason(error)}); waiting for it, {max(0, left):.0f} s more")

        # Call, and call again.
        given_up = GIVEN_UP.get() or threading.Event()
        retrying = Retrying(
            stop=stop_after_delay(patience_s) | stop_when_event_set(given_up),
            sleep=sleep_using_event(given_up),
            wait=wait_random_exponential(multiplier=FIRST_PAUSE_S, max=min(LONGEST_PAUSE_S, patience_s / 4)),
            retry=retry_if_exception(
                lambda error: isinstance(error, Exception) and kind_of(error) is FaultKind.TRANSIENT
            ),
            before_sleep=before_pause,
            reraise=True,
        )
        # Turn the last failure into an error that says what to do.
        where = f"{what} in {self._url}"
        try:
            return retrying(call)
        except Exception as error:
            kind = kind_of(error)
            # No store raises this: it is a bug, which has to be seen as it is.
            if kind is None:
                raise
            if kind is FaultKind.MISSING and may_be_missing:
                raise FileNotFoundError(f"no {where}") from None
            if kind is FaultKind.TAKEN:
                raise FileExistsError(where) from None
            if kind is FaultKind.TRANSIENT:
                within, then = (
                    (f"{patience_s:g} s", "Try again when it does.") if looks else ("storage.patience_s", NOTHING_LOST)
                )
                raise StorageFailed(
                    f"could not {where}: no success for {time.monotonic() - began:.0f} s, last with {reason(error)}. "
                    f"Expected a store that answers within {within}. {then}"
                ) from None
            raise Refused(sentence(error, where) + f" {NOTHING_LOST}" * (not looks)) from None
