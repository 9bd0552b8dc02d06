"""Ranges of rational numbers: what a rounded number may have been, carried through arithmetic exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

# Largest numerator and denominator, in bits, and largest exponent: a step may say 9^9^9.
MOST_BITS = 2_048
MOST_EXPONENT = 64
# Digits behind the point to which a root that is no fraction is computed.
ROOT_DIGITS = 20


class NotComputed(ValueError):
    """Error for an operation that is not defined here, or whose result is too large."""


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`, both included; an exact number where they are equal."""

    low: Fraction
    high: Fraction

    def __post_init__(self) -> None:
        """Raise `NotComputed` for a number that is too large."""
        for value in (self.low, self.high):
            if max(value.numerator.bit_length(), value.denominator.bit_length()) > MOST_BITS:
                raise NotComputed(f"a number of more than {MOST_BITS} bits")

    @property
    def is_exact(self) -> bool:
        """True for a single number."""
        return self.low == self.high

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Range) -> Range:
        return self + -other

    def __neg__(self) -> Range:
        return Range(-self.high, -self.low)

    def __mul__(self, other: Range) -> Range:
        corners = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Range(min(corners), max(corners))

    def __truediv__(self, other: Range) -> Range:
        if other.low <= 0 <= other.high:
            raise NotComputed("a division by what may be zero")
        return self * Range(1 / other.high, 1 / other.low)

    def __pow__(self, other: Range) -> Range:
        exponent = other.low
        if not other.is_exact or exponent.denominator != 1 or abs(exponent) > MOST_EXPONENT:
            raise NotComputed(f"an exponent that is no whole number of at most {MOST_EXPONENT}")
        if exponent < 0:
            return exactly(1) / self ** exactly(-exponent)
        power = exactly(1)
        for _ in range(int(exponent)):
            power *= self
        # A product forgets that its factors are the same number.
        return Range(max(power.low, Fraction(0)), power.high) if exponent % 2 == 0 else power

    def widened(self, by: Fraction) -> Range:
        """Return it with `by` more at both ends."""
        return Range(self.low - by, self.high + by)

    def meets(self, other: Range) -> bool:
        """Return whether both may be the same number."""
        return self.low <= other.high and other.low <= self.high

    def root(self) -> Range:
        """Return its square root."""
        if self.low < 0:
            raise NotComputed("a root of what may be below zero")
        scale = 10**ROOT_DIGITS
        low, high = (math.isqrt(int(value * scale * scale)) for value in (self.low, self.high))
        exact = Fraction(low, scale)
        if self.is_exact and exact * exact == self.low:
            return Range(exact, exact)
        return Range(exact, Fraction(high + 1, scale))


def exactly(value: Fraction | int) -> Range:
    """Return the range of one number."""
    return Range(Fraction(value), Fraction(value))
