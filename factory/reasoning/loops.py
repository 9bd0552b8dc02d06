"""Loops: texts that end by saying the same again and again. Pure, linear in the text's length.

A text loops where of the n-grams in its last words (numbers, signs) at most a third are different ones: it then said
everything three times. Ends of 128 words, and of half as many more each time, are looked at, so that a loop of one word
and one of whole pages are both noticed. One that says the same in other words each time is not.
"""

from __future__ import annotations

import re

GRAM = 6
"""Words of an n-gram."""
FIRST = 128
"""Words of the shortest end that is looked at."""
SHARE = 1 / 3
"""Share of different n-grams at which an end still loops."""
# Writings without spaces have no words to cut at: each of their signs is one.
_WORD = re.compile(r"[A-Za-z]+|\d+|[^\s]")


def is_looping(text: str) -> bool:
    """Return whether a text ends in a loop."""
    words = _WORD.findall(text)
    window = FIRST
    while window <= len(words):
        end = words[-window:]
        grams = {tuple(end[at : at + GRAM]) for at in range(len(end) - GRAM + 1)}
        if len(grams) <= SHARE * (len(end) - GRAM + 1):
            return True
        window += window // 2
    return False
