"""Number of engines of a pool as a config says it: one number, or a range that a run may grow and shrink in."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from factory.errors import BadInput

_EXPECTED = "Expected a number from 1 on, or {min: N, max: M} with 1 ≤ N ≤ M."


@dataclass(frozen=True, slots=True)
class Replicas:
    """Range of the number of engines: a run works with `least` of them, and takes no more than `most`."""

    least: int
    most: int

    @classmethod
    def of(cls, value: Any, key: str) -> Replicas:
        """Return what a config value says: 8 is exactly eight, {min: 1, max: 64} a range.

        Args:
          value: the value as it was read.
          key: its key, for the message.

        Raises:
          BadInput: it is neither.
        """
        if isinstance(value, Mapping):
            ends = [value.get("min"), value.get("max")] if value.keys() == {"min", "max"} else []
        else:
            ends = [value, value]
        numbers = [end for end in ends if isinstance(end, int) and not isinstance(end, bool)]
        if len(numbers) != 2 or not 1 <= numbers[0] <= numbers[1]:
            raise BadInput(f"{key} is {value!r}. {_EXPECTED}")
        return cls(*numbers)

    @property
    def is_range(self) -> bool:
        """True where the number may change while a run goes on."""
        return self.most > self.least

    def quorum(self, share: float) -> int:
        """Return how many engines have to be up before a run begins.

        Args:
          share: part of a fixed number, more than 0, at most 1; of a range the least number is asked for, as it was
            said.
        """
        # Floats make a little more of .7 · 10 than seven.
        return self.least if self.is_range else max(1, math.ceil(share * self.least - 1e-9))

    def clamp(self, number: int) -> int:
        """Return the number of the range that is nearest to `number`."""
        return min(max(number, self.least), self.most)
