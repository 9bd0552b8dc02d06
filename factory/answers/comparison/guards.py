"""Tests for answers that are no single value: hedges, relations, lists, prose, and bombs.

They hold whatever a computer algebra system would make of the text.
"""

from __future__ import annotations

import re

from factory.answers.values.exact import MAX_DEPTH, exact_value
from factory.answers.values.rational import TooLarge

# Above these, a computer algebra system may take minutes or gigabytes for one answer.
MAX_EXPONENT = 10_000
MAX_TOWER = 3

# Words and signs that leave open which value is meant.
_HEDGE = re.compile(
    r"\b(?:or|either|neither|nor|one of|between|not|maybe|perhaps|probably|unknown|at least|at most|less than|"
    r"more than|greater than|fewer than|up to|any of|both|and)\b|\\(?:pm|mp|lor|vee|lnot|neg)(?![A-Za-z])|\?",
    re.IGNORECASE,
)
_DENIAL = re.compile(r"\b(?:wrong|incorrect|false|no|except|but|unless|instead)\b", re.IGNORECASE)
_RELATION = re.compile(r"[<>]|\\(?:le|ge|lt|gt|ne|neq|in|sim|equiv|propto|subset|subseteq)(?![A-Za-z])|(?<![\d)])!=")
_LIST = re.compile(r"\S\s*[,;]\s*\S|(?<![_^\d])\d{1,40}\s+\d")  # \log_2 8 and \sin^2 1 hold no items
# 2 and 1/2 may be a mixed number, 1,00,000 the Indian way to group digits, €2,40 a decimal.
_AND_FRACTION = re.compile(r"(?<=\d) and (?=\d{1,9}/\d|\\frac)")
_GROUPED_OTHERWISE = re.compile(
    r"-?(?:\d{1,2}(?:,\d\d){1,6},\d{3}(?:\.\d{1,9})?|[$€£]\s?\d{1,9},\d\d"
    r"|\d{1,9},(?:\d\d\s?(?:[€£]|EUR|euros?)|--?(?:\s?(?:[€£]|EUR|euros?))?))",
    re.ASCII,
)
_CALL = re.compile(
    r"\\(?:max|min|gcd|lcm|operatorname)(?![A-Za-z])|(?<![A-Za-z\\])[CP]\s?\(\s?\w{1,9}\s?,\s?\w{1,9}\s?\)", re.ASCII
)
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")
_SHORT_WORD = re.compile(r"(?<![\\A-Za-z])(?:at|to|is|in|of|on|by)\s(?!$)")
_ANY_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}")
# Names of functions and the like are no prose.
_MATH_WORDS = (
    "sin cos tan cot sec csc log exp sqrt arcsin arccos arctan sinh cosh tanh mod lim max min gcd lcm det degrees "
    "rad radian radians"
)
_NOT_PROSE = frozenset(_MATH_WORDS.split())
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{[^{}]*\}")
_EXPONENT = re.compile(r"(?:\^|\*\*)\s*")


def is_hedged(answer: str) -> bool:
    r"""Return whether an answer gives several values, or a value and its denial: "7 or 8", `\pm 7`, "not 7"."""
    return _HEDGE.search(_AND_FRACTION.sub(" ", answer) if " and " in answer else answer) is not None


def is_denied(answer: str) -> bool:
    """Return whether an answer calls a value wrong: "C. 42 is wrong"."""
    return _DENIAL.search(answer) is not None


def is_sentence(answer: str) -> bool:
    """Return whether an answer is a sentence rather than a hedge.

    It is one with two or more different words besides those that hedge: "72, which is the total", not "either 7 or 8".
    """
    words = {word.lower() for word in _ANY_WORD.findall(_HEDGE.sub(" ", answer))}
    return len(words - _NOT_PROSE) > 1


def is_relation(answer: str) -> bool:
    r"""Return whether an answer is an inequality or a membership, which no single number equals: `> 7`, `x \in S`."""
    return _RELATION.search(answer) is not None


def is_list(answer: str) -> bool:
    """Return whether an answer has more than one value, side by side."""
    return _LIST.search(answer) is not None and not is_grouped_otherwise(answer)


def is_grouped_otherwise(answer: str) -> bool:
    """Return whether the commas of an answer may stand within one number: 1,00,000 in India, €2,40 in Europe."""
    return "," in answer and _GROUPED_OTHERWISE.fullmatch(answer) is not None


def is_call(answer: str) -> bool:
    """Return whether an answer calls a function of several arguments, the commas of which make no list."""
    return _CALL.search(answer) is not None


def has_prose(answer: str) -> bool:
    """Return whether ordinary words stand beside the mathematics, such as a whole sentence."""
    return any(word.lower() not in _NOT_PROSE for word in _WORD.findall(_ENVIRONMENT.sub(" ", answer)))


def has_words(answer: str) -> bool:
    """Return whether a value stands in words, be they as short as in "at (1, 2)" or "2 to 5"."""
    return has_prose(answer) or _SHORT_WORD.search(answer) is not None


def is_bomb(answer: str) -> bool:
    """Return whether an answer is too expensive for any algebra system.

    It is when it is nested too deeply, or has an exponent or a factorial that is too large.
    """
    # The depth comes first, as reading a value recurses.
    if _depth(answer) > MAX_DEPTH:
        return True
    try:
        exact_value(answer)
        return _tower(answer) > MAX_TOWER or any(_is_large(_group(answer, m.end())) for m in _EXPONENT.finditer(answer))
    except TooLarge:
        return True


def _depth(text: str) -> int:
    """Return how deeply the brackets of a text are nested."""
    deepest = depth = 0
    for character in text:
        depth += (character in "({[") - (character in ")}]")
        deepest = max(deepest, depth)
    return deepest


def _tower(answer: str) -> int:
    """Return how many exponents stand on top of each other, at most."""
    # Few exponents cannot stand too high, so their nesting need not be looked at.
    exponents = [m.end() for m in _EXPONENT.finditer(answer)]
    if len(exponents) <= MAX_TOWER:
        return len(exponents)
    return max(1 + sum(1 for _ in _EXPONENT.finditer(_group(answer, start))) for start in exponents)


def _group(text: str, start: int) -> str:
    """Return the exponent that begins at `start`.

    It is a braced group, without its braces, or a run of digits and letters.
    """
    if text[start : start + 1] not in ("{", "("):
        run = re.compile(r"-?\w+").match(text, start)
        return run.group() if run else ""
    depth = 0
    for position in range(start, len(text)):
        depth += (text[position] in "({[") - (text[position] in ")}]")
        if depth == 0:
            return text[start + 1 : position]
    return text[start + 1 :]


def _is_large(exponent: str) -> bool:
    """Return whether an exponent is a number above `MAX_EXPONENT`."""
    value = exact_value(exponent)
    return value is not None and abs(value) > MAX_EXPONENT
