"""What a comparison of two answers can find."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto


class Match(Enum):
    """`UNCLEAR`: cannot be known, or debatable. `OPEN`: a computer algebra system has to be asked."""

    EQUAL = auto()
    DIFFERENT = auto()
    UNCLEAR = auto()
    OPEN = auto()


def equal_if(condition: bool) -> Match:
    return Match.EQUAL if condition else Match.DIFFERENT


def all_equal(matches: Iterable[Match]) -> Match:
    """The match of a whole whose parts match so. One difference decides, whatever is unclear beside it."""
    found = Match.EQUAL
    for match in matches:
        if match is Match.DIFFERENT:
            return match
        if match is Match.UNCLEAR or found is Match.EQUAL:
            found = match
    return found
