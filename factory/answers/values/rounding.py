"""Decimals that are the rounded form of an exact value."""

from __future__ import annotations

import re
from fractions import Fraction

DOUBLE_DIGITS = 15
"""Significant digits that a double holds for sure."""
DOUBLE_ERROR = Fraction(1, 2**51)
"""Relative error that the last bits of a computed double may have."""

_DECIMAL = re.compile(r"[-+(]*(?P<whole>[\d, ]*)\.(?P<decimals>\d+)[)]*", re.ASCII)


def significant_digits(written: str) -> int:
    """Return the number of significant digits of a decimal as it is written; 0 for anything else."""
    decimal = _DECIMAL.fullmatch(written)
    return len(_digits(decimal)) if decimal else 0


def is_rounded(written: str, exact: Fraction, digits: int, *, cut: bool = False) -> bool:
    """Return whether an exact value rounds to a decimal; the sign is not looked at.

    Args:
      written: the decimal, of at least `digits` significant digits.
      exact: the value, which must have no finite decimals: one that has was written down in full.
      digits: 0 for never.
      cut: a decimal that is cut off instead of rounded counts, too.
    """
    decimal = _DECIMAL.fullmatch(written) if digits else None
    if decimal is None or _has_finite_decimals(exact):
        return False
    significant = _digits(decimal)
    if len(significant) < digits:
        return False
    last_place = Fraction(1, 10 ** len(decimal["decimals"]))
    rounded = int(significant or "0") * last_place
    # What rounding took away: positive where digits were cut off, negative where the last digit was rounded up.
    left_out = abs(exact) - rounded
    error = abs(exact) * DOUBLE_ERROR
    if abs(left_out) <= last_place / 2 + error or (cut and 0 < left_out < last_place):
        return True
    # As many digits as a double has come from a computation: they may be cut off, and the last may be off.
    return len(significant) >= DOUBLE_DIGITS and (0 < left_out < last_place or abs(left_out) <= error)


def is_same_double(one: str, other: str) -> bool:
    """Return whether two decimals of 15 or more significant digits are one value printed to more and fewer digits."""
    if len(one) <= DOUBLE_DIGITS or len(other) <= DOUBLE_DIGITS:
        return False
    if min(significant_digits(one), significant_digits(other)) < DOUBLE_DIGITS:
        return False
    places = min(len(text.strip("()").partition(".")[2]) for text in (one, other))
    difference = Fraction(re.sub("[(), ]", "", one)) - Fraction(re.sub("[(), ]", "", other))
    return abs(difference) <= Fraction(1, 2 * 10**places)


def is_double_of(written: str, value: Fraction) -> bool:
    """Return whether a decimal is what a computation with doubles printed for a value: 0.30000000000000004 for 0.3."""
    if len(written) <= DOUBLE_DIGITS or significant_digits(written) <= DOUBLE_DIGITS:
        return False
    return abs(abs(Fraction(re.sub("[(), ]", "", written))) - abs(value)) <= abs(value) * DOUBLE_ERROR


def _digits(decimal: re.Match[str]) -> str:
    """Return the significant digits of a decimal."""
    return re.sub("[, ]", "", decimal["whole"] + decimal["decimals"]).lstrip("0")


def _has_finite_decimals(value: Fraction) -> bool:
    """Return whether a value can be written as a decimal with finitely many digits."""
    denominator = value.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    return denominator == 1
