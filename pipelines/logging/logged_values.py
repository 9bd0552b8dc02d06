"""Values in an attempt's logs: what a count or an amount may be, as somebody may have overwritten them by hand."""

from __future__ import annotations

# No count, time or amount is larger; sums of what is smaller can be computed with.
_MOST = 2**53


def is_count(value: object) -> bool:
    """Return whether a value is a whole number, and one that a log may hold."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _MOST


def is_number(value: object) -> bool:
    """Return whether a value is a number, and one that a log may hold: neither infinite nor NaN."""
    return is_count(value) or (isinstance(value, float) and abs(value) <= _MOST)
