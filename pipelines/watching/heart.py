"""State of a run's driver, look by look, without waiting: what `driver_state` watches for, looks see together."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from factory.storage.store import Store
from pipelines.run.attempts import BEAT_S, SILENT_S, claim_in, claim_name, heartbeat, last_attempt
from pipelines.run.driver import Driver
from pipelines.run.driver_state import ALIVE, ENDED, GONE, SILENT, DriverState


class Heart:
    """Heart of a run's drivers, one after the other.

    Args:
      store: the run folder.
      clock: monotonic seconds.
      wall: seconds since 1970.
    """

    def __init__(
        self, store: Store, clock: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time
    ) -> None:
        self._store = store
        self._clock, self._wall = clock, wall
        self._attempt = 0
        self._beat: dict[str, Any] | None = None
        self._heard = 0.0
        self._moved = False

    def look(self) -> DriverState | None:
        """Return the state of the newest attempt's driver; None where there is no attempt. Raises as the store does."""
        log = self._newest()
        if log is None:
            return None
        driver = Driver.of(log)
        if "ended" in log or driver is None:
            return DriverState(self._attempt, log, ENDED)
        self._listen()
        age = self._clock() - self._heard if self._moved else self._age()
        here = driver.runs_here
        if here is not None:
            return DriverState(self._attempt, log, ALIVE if here else GONE, age)
        # Elsewhere, only the heartbeat tells: one that moves while we look, or was young when we came.
        alive = self._clock() - self._heard < SILENT_S and (self._moved or (age is not None and age < SILENT_S))
        return DriverState(self._attempt, log, ALIVE if alive else SILENT, age)

    def _newest(self) -> dict[str, Any] | None:
        """Return what the newest attempt's claim says; None where there is none."""
        # Listing all logs is for the first look, and for a folder that somebody has emptied.
        while self._attempt and self._store.size(claim_name(self._attempt + 1)) is not None:
            self._begin(self._attempt + 1)
        if self._attempt:
            try:
                return claim_in(self._store, self._attempt)
            except FileNotFoundError:
                self._begin(0)
        last = last_attempt(self._store)
        if last is None:
            return None
        self._begin(last[0])
        return last[1]

    def _begin(self, attempt: int) -> None:
        """Begin with another attempt."""
        self._attempt, self._beat, self._moved, self._heard = attempt, None, False, self._clock()

    def _listen(self) -> None:
        """Look whether the heartbeat has moved."""
        beat = heartbeat(self._store, self._attempt)
        if beat != self._beat:
            self._moved = self._beat is not None
            self._beat, self._heard = beat, self._clock()

    def _age(self) -> float | None:
        """Return the seconds since the last heartbeat by the clock of the driver's machine; None before the first."""
        at = (self._beat or {}).get("at")
        return max(0.0, self._wall() - at) if isinstance(at, int | float) and self._wall() - at > -BEAT_S else None
