"""Calls that are tried again: with growing pauses, drawn at random so that a thousand writers do not return at once."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
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
from factory.storage.faults import NOTHING_LOST, FaultKind, kind_of, reason, sentence

T = TypeVar("T")
Tell = Callable[[str], None]

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 15.0
TELL_AFTER_S = 5.0  # shorter troubles are nobody's business

GIVEN_UP: ContextVar[threading.Event | None] = ContextVar("GIVEN_UP", default=None)
"""Set as soon as nobody wants the results of this thread's calls: no call is tried again then."""


class Refused(StorageFailed):
    """No waiting helps: the store has said no."""


def log_warning(line: str) -> None:
    logging.getLogger("factory.storage").warning(line)


class Retries:
    """Repeats what fails for a moment until `access.patience_s` is over. `tell` hears of long waits."""

    def __init__(self, access: Access, url: str, tell: Tell = log_warning) -> None:
        self._patience_s = access.patience_s
        self._url = url
        self._tell = tell

    def __call__(self, what: str, call: Callable[[], T], *, may_be_missing: bool = False) -> T:
        """The result of `call`. `what` names it in messages ("write data/x").

        Raises `FileExistsError` as such, `FileNotFoundError` where something may be missing, everything else that went
        wrong with the store as `StorageFailed`; `Refused` is one of these.
        """
        began = told = time.monotonic()

        def before_pause(state: RetryCallState) -> None:
            nonlocal told
            error = state.outcome.exception() if state.outcome else None
            if error is not None and time.monotonic() - told > TELL_AFTER_S:
                told = time.monotonic()
                left = self._patience_s - (told - began)
                self._tell(f"{self._url} does not answer ({reason(error)}); waiting for it, {max(0, left):.0f} s more")

        given_up = GIVEN_UP.get() or threading.Event()
        retrying = Retrying(
            stop=stop_after_delay(self._patience_s) | stop_when_event_set(given_up),
            sleep=sleep_using_event(given_up),
            wait=wait_random_exponential(multiplier=FIRST_PAUSE_S, max=min(LONGEST_PAUSE_S, self._patience_s / 4)),
            retry=retry_if_exception(
                lambda error: isinstance(error, Exception) and kind_of(error) is FaultKind.TRANSIENT
            ),
            before_sleep=before_pause,
            reraise=True,
        )
        where = f"{what} in {self._url}"
        try:
            return retrying(call)
        except Exception as error:
            kind = kind_of(error)
            if kind is None:
                raise
            if kind is FaultKind.MISSING and may_be_missing:
                raise FileNotFoundError(f"no {where}") from None
            if kind is FaultKind.TAKEN:
                raise FileExistsError(where) from None
            if kind is FaultKind.TRANSIENT:
                raise StorageFailed(
                    f"could not {where}: no success for {time.monotonic() - began:.0f} s, last with {reason(error)}. "
                    f"Expected a store that answers within storage.patience_s. {NOTHING_LOST}."
                ) from None
            raise Refused(sentence(error, where)) from None
