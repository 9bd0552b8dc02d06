"""Slots of a simulated engine: how many samples run at once, and when each of them is done.

Pure: no clock and no task. As the time of a sample is known when it comes, its end is known, too, whatever comes later.
So ten thousand waiting samples cost a heap of ten thousand entries, and tests need no seconds.
"""

from __future__ import annotations

import heapq


class Slots:
    """Schedule of samples, first come, first served. Every call says what time it is; times never go back.

    `limit` is how many samples run at once; 0 is any number.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        # For each slot that was ever used, when its last sample ends.
        self._free_at: list[float] = []
        # (end, start) of the samples that are not done.
        self._open: list[tuple[float, float]] = []
        self._scheduled = 0.0
        self._most_running = 0

    def take(self, now: float, seconds: float) -> float:
        """Put a sample that takes `seconds` behind those that are there, and return when it is done."""
        self._forget(now)
        start = now
        if self._limit:
            if len(self._free_at) == self._limit:
                start = max(now, heapq.heappop(self._free_at))
            heapq.heappush(self._free_at, start + seconds)
        heapq.heappush(self._open, (start + seconds, start))
        self._scheduled += seconds
        # Nothing waits while a slot is free, so what is not done runs, as far as there are slots.
        running = min(len(self._open), self._limit) if self._limit else len(self._open)
        self._most_running = max(self._most_running, running)
        return start + seconds

    def stats(self, now: float) -> dict[str, float]:
        """Return the slots, the seconds they were busy, what runs, what waits, and the most that ran at once."""
        self._forget(now)
        running = sum(start <= now for _, start in self._open)
        left = sum(end - max(start, now) for end, start in self._open)
        return {
            "slots": self._limit,
            "slot_seconds": self._scheduled - left,
            "running": running,
            "waiting": len(self._open) - running,
            "most_running": self._most_running,
        }

    def _forget(self, now: float) -> None:
        """Forget the samples that are done."""
        while self._open and self._open[0][0] <= now:
            heapq.heappop(self._open)
