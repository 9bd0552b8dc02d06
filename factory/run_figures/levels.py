"""Bounded names to count by: of sources, and of levels, of which there may be as many as questions."""

from __future__ import annotations

from math import floor, log10

import numpy as np

OTHERS = "others"
"""Name of all that came after the first ones."""
_LARGEST = 1e15
"""Numbers beyond this are words, as far as levels go."""


class Names:
    """First so many different names; all later ones are `OTHERS`. What is counted by them is exact."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._names: set[str | None] = set()

    def name(self, name: str | None) -> str | None:
        """Return the name that this one counts under."""
        if name not in self._names and len(self._names) >= self._most:
            return OTHERS
        self._names.add(name)
        return name


class Levels:
    """Names of levels. Numbers of which there are too many stand in intervals of one length, so all counts are exact.

    Args:
      most: different numbers, or intervals, before intervals grow; and different levels that are no number.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._words = Names(most)
        # Number that a name stands for: of an interval its lower end. `_place` says how long intervals are.
        self._numbers: dict[str, float] = {}
        self._place: int | None = None

    @property
    def are_intervals(self) -> bool:
        """True where there were too many numbers."""
        return self._place is not None

    def name(self, level: str | None) -> str | None:
        """Return the name that a level counts under by now."""
        value = _number(level)
        if value is None:
            return self._words.name(level)
        return self._kept(str(level), value)

    def widen(self) -> dict[str, str]:
        """Return new names by those that there were, where there are too many numbers; else nothing."""
        if len(self._numbers) <= self._most:
            return {}
        values = np.array(sorted(self._numbers.values()))
        if self._place is None:
            # From the middle half of them, which no outlier can stretch.
            low, high = np.quantile(values, [0.25, 0.75])
            self._place = 2 * floor(log10(max((high - low) / self._most, 1e-12)))
        while len(np.unique(np.floor(values / _length(self._place)))) > self._most // 2:
            self._place += 1
        before, self._numbers = self._numbers, {}
        return {name: self._kept(name, value) for name, value in before.items()}

    def order(self, name: str | None) -> tuple[bool, bool, float, str]:
        """Return what names are sorted by: numbers by their value, then words, then none."""
        return name is None, name not in self._numbers, self._numbers.get(name or "", 0.0), name or ""

    def _kept(self, name: str, value: float) -> str:
        """Return the name of a number, or of its interval, which is kept."""
        if self._place is not None:
            length = _length(self._place)
            # An end of an interval is a decimal fraction, which the quotient may miss by a rounding error.
            value = floor(value / length + 1e-9) * length
            name = f"{value:.12g} to {value + length:.12g}"
        self._numbers[name] = value
        return name


def _length(place: int) -> float:
    """Return the length of an interval: …, 0.1, 0.5, 1, 5, 10, …; each divides the next, so none is ever torn."""
    return float(10.0 ** (place // 2) * (5 if place % 2 else 1))


def _number(text: str | None) -> float | None:
    """Return the number that a text is; None where it is none, or no level of anything."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if abs(value) <= _LARGEST else None
