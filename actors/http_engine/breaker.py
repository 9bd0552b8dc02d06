"""Circuit breaker of one server: after failures nothing is sent for a while, then one request tries. Pure."""

from __future__ import annotations

FAILURES = 4
"""Failures in a row after which a server is left alone; one that cannot be reached is after the first."""
FIRST_S, LONGEST_S = 1.0, 30.0
"""Seconds for which it is left alone, at first and at most; each failed trial doubles them."""


class Breaker:
    """Breaker that is closed (requests pass), open (none does), or half open (one passes, on trial).

    Every call says what time it is, in seconds; times never go back.
    """

    def __init__(self) -> None:
        self._close()

    def _close(self) -> None:
        self._failures = 0
        self._pause = FIRST_S
        # When the next trial may be; None while it is closed.
        self._until: float | None = None
        self._trying = False

    @property
    def is_closed(self) -> bool:
        """True while the server counts as one that works."""
        return self._until is None

    @property
    def opens_at(self) -> float | None:
        """Time from which a request may be sent on trial; None while it is closed, or one is under way."""
        return None if self._trying else self._until

    def lets_pass(self, now: float) -> bool:
        """Return whether a request may be sent now."""
        return self._until is None or (not self._trying and now >= self._until)

    def sent(self) -> bool:
        """Note that a request was sent, and return whether it is on trial."""
        if self._until is None:
            return False
        self._trying = True
        return True

    def worked(self) -> None:
        """Close: the server has answered as it should."""
        self._close()

    def failed(self, now: float, *, trial: bool, gone: bool = False) -> None:
        """Count a failure.

        Args:
          now: seconds.
          trial: what `sent` said of the request.
          gone: True where the server cannot be reached, or refuses everything.
        """
        if self._until is not None and not trial:
            # It was sent before the breaker opened, and tells nothing new.
            return
        self._failures += 1
        if gone or trial or self._failures >= FAILURES:
            self._until = now + self._pause
            self._pause = min(2 * self._pause, LONGEST_S)
        self._trying = False

    def abandoned(self, *, trial: bool) -> None:
        """Note that a request ended without telling anything of the server."""
        if trial:
            self._trying = False
