"""Questions and tokens over time, by when records were made. Periods grow with the run, so they stay few."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from factory.run_figures.flat_rows import FlatRows, is_null, numbers

PERIODS = 120
"""Most periods that are kept."""
STEPS_S = (60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600)
"""Lengths of a period; behind the last it doubles."""


class Timeline:
    """Sums by period: questions, completions, sampled tokens."""

    COLUMNS = ("created_at", "cost.policy_calls", "cost.completion_tokens")

    def __init__(self) -> None:
        self._step = STEPS_S[0]
        self._periods: dict[int, list[int]] = {}
        self._first, self._last = None, None  # type: int | None, int | None

    def add(self, rows: FlatRows) -> None:
        """Add some rows."""
        times = rows.of_questions("created_at")
        known = ~is_null(times)
        if not known.any():
            return
        seconds = numbers(times.cast(pa.timestamp("ms")).cast(pa.int64()))[known].astype(np.int64) // 1000
        low, high = int(seconds.min()), int(seconds.max())
        self._first = low if self._first is None else min(low, self._first)
        self._last = high if self._last is None else max(high, self._last)
        while (self._last - self._first) // self._step >= PERIODS:
            self._widen()
        period, at = np.unique(seconds // self._step, return_inverse=True)
        amounts = [np.ones(len(seconds), dtype=np.int64)]
        amounts += [numbers(rows.of_questions(name))[known] for name in self.COLUMNS[1:]]
        sums = [np.bincount(at, weights=amount) for amount in amounts]
        for index, number in enumerate(period.tolist()):
            kept = self._periods.setdefault(number, [0, 0, 0])
            for place, column in enumerate(sums):
                kept[place] += int(column[index])

    def figures(self) -> dict[str, Any]:
        """Return a row per period from the first to the last, those without a record too, and their length."""
        if self._first is None or self._last is None:
            return {"period_s": self._step, "rows": []}
        periods = range(self._first // self._step, self._last // self._step + 1)
        rows = []
        for period in periods:
            questions, calls, tokens = self._periods.get(period, [0, 0, 0])
            rows.append({"begins": period * self._step, "questions": questions, "calls": calls, "tokens": tokens})
        return {"period_s": self._step, "first": self._first, "last": self._last, "rows": rows}

    def _widen(self) -> None:
        """Make periods longer, and add up those that become one."""
        step = next((one for one in STEPS_S if one > self._step), 2 * self._step)
        wider: dict[int, list[int]] = {}
        for period, amounts in self._periods.items():
            kept = wider.setdefault(period * self._step // step, [0, 0, 0])
            for place, amount in enumerate(amounts):
                kept[place] += amount
        self._step, self._periods = step, wider
