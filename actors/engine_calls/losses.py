"""Losses of engines: what they count for the requests that an engine had, and how those who asked hear of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from actors.engine_calls.wire import NotStarted

if TYPE_CHECKING:
    from actors.engine_calls.outbox import Ask


class Lost(Exception):
    """Request that an engine had when it was lost. Its text is how that was noticed."""


class Moved(Exception):
    """Request that its engine never had, or had while it left: it goes to another one, which counts as no try."""


def is_death(error: BaseException) -> bool:
    """Return whether an error says that an engine died, rather than that it hangs or does not start."""
    return not isinstance(error, (TimeoutError, NotStarted))


def count(sent: Iterable[Ask], now: float, *, died: bool) -> None:
    """Count with the requests that an engine had how it was lost at `now`, in seconds of the event loop."""
    for ask in sent:
        if died:
            ask.trial.deaths += 1
            ask.trial.survived_s = max(ask.trial.survived_s, now - ask.sent)
        else:
            ask.trial.late += 1


def uncounted(sent: Sequence[Ask]) -> Sequence[Ask]:
    """Return requests as if they had never been sent."""
    for ask in sent:
        ask.trial.attempts -= 1
    return sent


def tell(sent: Iterable[Ask], unsent: Iterable[Ask], cause: str) -> None:
    """Have those who asked go on: with `Lost` of this cause where the engine had the request, else with `Moved`."""
    for ask in sent:
        ask.answer.set_exception(Lost(cause))
    for ask in unsent:
        ask.answer.set_exception(Moved())
