"""Sizes of units: how many questions are in unit number i, and where in the source it begins.

All units have one size, or the size doubles every `UNITS_EACH` units up to a largest one. Then a small run has small
units, that are done soon, and a large one some ten thousand objects instead of half a million. The number of questions
has no say: it is not known while a source is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

AUTO = "auto"
# With a largest size of 512, ten million questions are some 36,000 units.
FIRST, MOST, UNITS_EACH = 16, 512, 4096


@dataclass(frozen=True, slots=True)
class UnitSizes:
    """Sizes of all units of a run: `first` questions, doubling every `UNITS_EACH` units up to `most`.

    `most` is `first` times a power of two; by default it is `first`, and all units have one size.

    Raises:
      ValueError: these are no such numbers.
    """

    first: int
    most: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "most", self.most or self.first)
        times = self.most // self.first if self.first > 0 else 0
        if times < 1 or self.first * times != self.most or times & (times - 1):
            raise ValueError(f"sizes from {self.first} to {self.most}: expected the first one times a power of two")

    @classmethod
    def growing(cls, questions_at_most: int) -> UnitSizes:
        """Return sizes that begin at `FIRST` and grow as far as `questions_at_most` allow, up to `MOST`."""
        most = FIRST
        while 2 * most <= min(MOST, questions_at_most):
            most *= 2
        return cls(FIRST, most)

    def of(self, index: int) -> int:
        """Return the size of unit `index`, from 0; the source's last unit may have fewer questions."""
        return min(self.most, self.first << min(index // UNITS_EACH, 62))

    def begins(self, index: int) -> int:
        """Return how many questions come before unit `index`."""
        before = 0
        size, units = self.first, index
        while size < self.most and units > UNITS_EACH:
            before += UNITS_EACH * size
            units -= UNITS_EACH
            size *= 2
        return before + units * size

    def units(self, questions: int) -> int:
        """Return how many units so many questions make."""
        units, size, left = 0, self.first, questions
        while size < self.most and left > UNITS_EACH * size:
            units += UNITS_EACH
            left -= UNITS_EACH * size
            size *= 2
        return units - (-left // size)

    def questions(self, indices: Iterable[int], total: int) -> int:
        """Return how many questions are in these units of a source of `total` questions."""
        return sum(self.size_in(index, total) for index in indices)

    def size_in(self, index: int, total: int) -> int:
        """Return the size of unit `index` in a source of `total` questions."""
        return max(0, min(self.of(index), total - self.begins(index)))
