"""English number words as digits: "one hundred and twenty-five" is 125."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_TO_NINETEEN = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TO_NINETY = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: number for number, word in enumerate(_TO_NINETEEN.split())}
_TENS = {word: 10 * number for number, word in enumerate(_TO_NINETY.split(), start=2)}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_STARTS = _SMALL.keys() | _TENS.keys() | _SCALES.keys() | {"hundred"}


def with_digits(tokens: Sequence[str]) -> Iterator[str]:
    """Yield the lower-case `tokens`, each longest run of number words as one number.

    "five six" stays two numbers. "3 million" is one; halves, ordinals, dozens and other languages are not read.
    """
    at = 0
    while at < len(tokens):
        token = tokens[at]
        follows = tokens[at + 1] if at + 1 < len(tokens) else ""
        if token in _STARTS or (follows in _SCALES and token.isascii() and token.isdigit() and len(token) <= 3):
            number, at = _number(tokens, at)
            yield str(number)
        else:
            yield token
            at += 1


def _number(tokens: Sequence[str], at: int) -> tuple[int, int]:
    """Return the number that begins at `at`, and the position behind it."""
    total, group, smallest = 0, None, 10**12
    if tokens[at].isdigit():
        group, at = int(tokens[at]), at + 1
    while at < len(tokens):
        word = tokens[at]
        if word == "and" and group and group % 100 == 0 and at + 1 < len(tokens) and _fits(tokens[at + 1], group):
            word, at = tokens[at + 1], at + 1
        if word in _SCALES and _SCALES[word] < smallest and group != 0 and (group is not None or not total):
            smallest = _SCALES[word]
            total, group = total + (group or 1) * smallest, None
        elif word == "hundred" and (group is None or 0 < group < 100):
            group = (group or 1) * 100
        elif _fits(word, group):
            group = (group or 0) + (_SMALL[word] if word in _SMALL else _TENS[word])
        else:
            break
        at += 1
    return total + (group or 0), at


def _fits(word: str, group: int | None) -> bool:
    """Return whether `word` continues a number that is `group` so far: "five" after "twenty", not after "six"."""
    if word in _TENS:
        return group is None or (group > 0 and group % 100 == 0)
    if word in _SMALL:
        units_free = group is not None and group > 0 and group % 10 == 0 and group % 100 != 10
        return group is None or (units_free and (group % 100 == 0 or 0 < _SMALL[word] < 10))
    return False
