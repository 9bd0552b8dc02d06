r"""Test of whether two texts of one completion state the same answer: `\boxed{12}` and "The answer is 12 apples."."""

from __future__ import annotations

import re

from factory.answers.normalise import normalise
from factory.answers.values.quantity import quantity
from factory.answers.values.rational import TooLarge
from factory.answers.values.units import PERCENT

_CONJUNCTION = re.compile(r",? (?:and|or) ")
_MOST_CHARS = 200
_MARKUP = re.compile(r"\$|\*\*|\s|\\[,;! ]|\\(?:left|right)(?![A-Za-z])|(?<=\d)(?:,|\{,\})(?=\d{3}(?!\d))")


def is_same(answer: str, other: str) -> bool:
    """Return whether two answers are the same but for spelling and for a unit; "(B) 14" is the option B."""
    one, two = plain(answer), plain(other)
    if re.fullmatch(r"\(?[A-Z]\)?", one):
        # "(B) 14" names the option of \boxed{B}.
        return re.match(rf"\(?{one.strip('()')}(?![A-Za-z])", two) is not None
    return one == two or (len(one) <= _MOST_CHARS and len(two) <= _MOST_CHARS and is_same_value(answer, other))


def is_same_value(answer: str, other: str) -> bool:
    """Return whether two answers have the same normal form, or are the same number, one of them with a unit."""
    answer, other = (_CONJUNCTION.sub(", ", normalise(text)) for text in (answer, other))
    if "=" in answer and "=" not in other:
        # \boxed{\frac{28}{4} = 7}
        answer = answer.rpartition("=")[2].strip()
    if answer.replace(" ", "") == other.replace(" ", ""):
        return True
    try:
        one, two = quantity(answer), quantity(other)
    except TooLarge:
        return False
    if one is None or two is None or one.value != two.value:
        return False
    return one.unit == two.unit or (PERCENT not in (one.unit, two.unit) and not (one.unit and two.unit))


def plain(answer: str) -> str:
    """Return an answer without markup, thousands separators and a variable in front."""
    bare = re.sub(r"\\[dt]frac", r"\\frac", _MARKUP.sub("", answer)).rstrip(".")
    bare = re.sub(r"\\text[a-z]*\{([^{}]*)\}", r"\1", bare)
    return re.sub(r"\A[A-Za-z]=", "", bare)
