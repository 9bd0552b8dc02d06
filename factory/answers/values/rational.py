"""Arithmetic on rational numbers that refuses results too large to handle.

No value has more than `MAX_BITS` bits: the size of a power or a factorial is known before it is computed, and sums and
products, at most twice as long as their operands, are checked directly after (`bounded`).
"""

from __future__ import annotations

import math
from fractions import Fraction

MAX_BITS = 16_384
MAX_FACTORIAL = 500
# Below MAX_BITS, and below CPython's limit on int(str).
_MAX_DIGITS = 4_000


class TooLarge(ValueError):
    """Error for a value that is well written but too large, or too deeply nested, to be computed."""


class NotArithmetic(ValueError):
    """Error for a text that is no arithmetic expression over rational numbers."""


def decimal(digits: str, exponent: str | None = None) -> Fraction:
    """Return the value of digits with an optional exponent. Raises `TooLarge`."""
    if len(digits) > _MAX_DIGITS or (exponent and (len(exponent) > 6 or abs(int(exponent)) > _MAX_DIGITS)):
        raise TooLarge(f"a number of more than {_MAX_DIGITS} digits")
    return Fraction(digits)


def repeating_decimal(whole: str, head: str, period: str) -> Fraction:
    """Return the value of a repeating decimal.

    Args:
      whole: the digits in front of the point.
      head: the digits behind it that are not repeated.
      period: the digits that are repeated for ever.

    Raises:
      TooLarge: there are too many digits.
    """
    if len(whole) + len(head) + len(period) > _MAX_DIGITS:
        raise TooLarge(f"a number of more than {_MAX_DIGITS} digits")
    shift = 10 ** len(head)
    tail = Fraction(int(period), (10 ** len(period) - 1) * shift)
    return Fraction(int(whole + head or "0"), shift) + tail


def dotted_decimal(whole: str, digits: str) -> Fraction:
    """Return the value of `0.333...`: only a digit written three times is taken as the one that is repeated."""
    if len(set(digits[-3:])) != 1:
        raise NotArithmetic
    return repeating_decimal(whole, digits[:-1], digits[-1])


def factorial(value: Fraction) -> Fraction:
    """Return the factorial of a natural number."""
    if value.denominator != 1 or value < 0:
        raise NotArithmetic
    if value > MAX_FACTORIAL:
        raise TooLarge(f"a factorial above {MAX_FACTORIAL}!")
    return bounded(Fraction(math.factorial(value.numerator)))


def power(base: Fraction, exponent: Fraction) -> Fraction:
    """Return a power with an integer exponent."""
    if exponent.denominator != 1:
        # A fraction as exponent is a root.
        raise NotArithmetic
    if base not in (0, 1, -1) and _bits(base) * abs(exponent) > MAX_BITS:
        raise TooLarge(f"a power of more than {MAX_BITS} bits")
    return Fraction(base**exponent.numerator)


def _bits(value: Fraction) -> int:
    """Return the size of a value in bits."""
    return max(value.numerator.bit_length(), value.denominator.bit_length())


def bounded(value: Fraction) -> Fraction:
    """Return `value`. Raises `TooLarge` where it has more than `MAX_BITS` bits."""
    if _bits(value) > MAX_BITS:
        raise TooLarge(f"a value of more than {MAX_BITS} bits")
    return value
