"""Results that a comparison of two answers can have."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto


class Match(Enum):
    """Result of a comparison.

    `UNCLEAR`: cannot be known, or is debatable; never becomes a label. `OPEN`: a computer algebra system has to be
    asked.
    """

    EQUAL = auto()
    DIFFERENT = auto()
    UNCLEAR = auto()
    OPEN = auto()


def equal_if(condition: bool) -> Match:
    """Return `EQUAL` where the condition holds, else `DIFFERENT`."""
    return Match.EQUAL if condition else Match.DIFFERENT


def all_equal(matches: Iterable[Match]) -> Match:
    """Return the match of a whole whose parts match so. One difference decides, whatever is unclear beside it."""
    whole = Match.EQUAL
    for match in matches:
        if match is Match.DIFFERENT:
            return match
        if match is Match.UNCLEAR or whole is Match.EQUAL:
            whole = match
    return whole
