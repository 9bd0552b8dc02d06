"""Comparison of values as they are written: ratios, times of day, numbers in another base, circled numbers."""

from __future__ import annotations

import math
import re
from fractions import Fraction

from factory.answers.values.match import Match, equal_if
from factory.answers.values.quantity import Quantity
from factory.answers.values.units import unit

_RATIO = re.compile(
    r"(?P<parts>\d{1,9}(?:\s*(?::|\b(?:is )?to\b)\s*\d{1,9})+|\d{1,2}\.\d\d(?=\s*[ap]\.?\s?m)"
    r"|\d{1,2}(?=\s*[ap]\.?\s?m|\s*o'clock))(?:\s*o'clock)?(?:\s*(?P<half>[ap])\.?\s?m\.?)?",
    re.IGNORECASE,
)
_BASED = re.compile(
    r"(?P<open>\()?\s*(?P<digits>[0-9A-Z]{1,200})\s*(?(open)\))\s*_\s*(?:\{\s*\(?(?P<base>\d{1,2}|[a-z]+)\)?\s*\}|(?P<digit>\d))",
    re.ASCII,
)
_IN_BASE = re.compile(r"(?P<digits>[0-9A-Z]{1,200})\s+\(?(?:in )?base[ -](?P<base>\d{1,2}|[a-z]+)\)?", re.ASCII)
# A base may be spelled out: 101_{two}.
_BASE_WORDS = {"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9",
               "ten": "10", "twelve": "12", "sixteen": "16"}  # fmt: skip


_TIME = re.compile(r"(\d{1,2}):([0-5]\d)", re.ASCII)
# Statements are numbered ① ② ③, ⑴ ⑵ ⑶, ❶ ❷ ❸ or Ⅰ Ⅱ Ⅲ.
_NUMBER_SIGNS = re.compile(
    r"[\u2460-\u2487\u2776-\u277f\u2160-\u216b](?:\s{0,3}(?:,|;|\band\b|[和与及と])?\s{0,3}"
    r"[\u2460-\u2487\u2776-\u277f\u2160-\u216b]){0,20}"
)
_CLOCK_WORDS = {
    "noon": "12:00 pm", "12 noon": "12:00 pm", "12:00 noon": "12:00 pm", "midday": "12:00 pm", "midnight": "12:00 am",
    "12 midnight": "12:00 am", "12:00 midnight": "12:00 am",
}  # fmt: skip


def time_in_figures(text: str) -> str:
    """Return noon and midnight as a time in figures, any other text as it is."""
    return _CLOCK_WORDS.get(text.lower(), text) if text[-1:].isalpha() else text


def same_numbered(gold: str, answer: str) -> Match | None:
    """Compare two choices of numbered statements, which have no order: ①③ and ③, ①. None where neither side is one."""
    numbered = [not side.isascii() and _NUMBER_SIGNS.fullmatch(side) is not None for side in (gold, answer)]
    if not all(numbered):
        # 1, 3 may choose ① and ③.
        return Match.UNCLEAR if any(numbered) else None
    chosen = [sorted(character for character in side if character.isnumeric()) for side in (gold, answer)]
    return equal_if(chosen[0] == chosen[1])


def is_ratio(text: str) -> bool:
    """Return whether the text is a ratio or a time: 3:5, 12:30, 8:34 p.m., 3 to 5."""
    return _RATIO.fullmatch(text) is not None


def same_ratio(gold: str, answer: str) -> Match:
    """Compare two texts that `is_ratio`. Proportional ratios are unclear: 2:4 is 1:2, but not as times."""
    # A time with a.m. or p.m. and one in 24 hours may be the same.
    (gold_parts, gold_half), (parts, half) = _ratio(gold), _ratio(answer)
    if gold_half and half and gold_half != half:
        return Match.DIFFERENT
    if gold_parts == parts or (bool(gold_half) != bool(half) and _clock(gold_parts, gold_half) == _clock(parts, half)):
        return Match.EQUAL
    if not gold_half and not half and _same_time(gold_parts, parts):
        return Match.UNCLEAR
    return Match.UNCLEAR if _proportional(gold_parts, parts) else Match.DIFFERENT


def _same_time(gold: list[int], parts: list[int]) -> bool:
    """Return whether two times may be the same: 3:45 and 15:45, in 12 and in 24 hours, or 3:45:00."""
    one, other = ([*numbers, 0, 0][:3] for numbers in (gold, parts))
    return one[1:] == other[1:] and abs(one[0] - other[0]) in (0, 12) and max(one[0], other[0]) < 25


def ratio_value(text: str) -> Fraction | None:
    """Return the value of a ratio of two numbers; None for anything else."""
    if not is_ratio(text):
        return None
    parts, half = _ratio(text)
    return Fraction(parts[0], parts[1]) if len(parts) == 2 and parts[1] and not half else None


def may_be_time(text: str) -> bool:
    """Return whether a ratio can be a time of day and is not in lowest terms, as ratios are: 15:30, not 11:21."""
    match = _TIME.fullmatch(text)
    return match is not None and int(match[1]) < 25 and math.gcd(int(match[1]), int(match[2])) > 1


def may_be_duration(text: str, other: Quantity) -> bool:
    """Return whether a ratio may be a length of time, 1:30 for 90 minutes, or for 90 seconds."""
    measure = unit(other.unit)
    (large, small), seconds = _ratio(text)[0][:2], other.value * measure.size
    return measure.dimensions == unit("hour").dimensions and seconds in (large * 3600 + small * 60, large * 60 + small)


def _ratio(text: str) -> tuple[list[int], str]:
    """Return the numbers of a ratio or time, and "a" or "p" for the half of the day, "" where none is named."""
    match = _RATIO.fullmatch(text)
    assert match is not None
    parts = [int(part) for part in re.findall(r"\d+", match["parts"])]
    # A time without minutes: 3 p.m. is 3:00 p.m.
    return (parts if len(parts) > 1 else [*parts, 0]), (match["half"] or "").lower()


def _clock(parts: list[int], half: str) -> list[int]:
    """Return a time in 24 hours."""
    return [parts[0] % 12 + (12 if half == "p" else 0), *parts[1:]] if half else parts


def _proportional(gold: list[int], parts: list[int]) -> bool:
    """Return whether two ratios are proportional."""
    return (
        len(gold) == len(parts)
        and 0 not in (*gold, *parts)
        and all(g * parts[0] == p * gold[0] for g, p in zip(gold, parts, strict=True))
    )


def based(text: str) -> tuple[str, int] | None:
    """Return the digits and the base of a number such as 101_2; None for anything else."""
    match = _BASED.fullmatch(text) or (_IN_BASE.fullmatch(text) if "base" in text else None)
    if match is None:
        return None
    base = match.groupdict().get("digit") or _BASE_WORDS.get(match["base"], match["base"])
    return (match["digits"].lstrip("0") or "0", int(base)) if base.isdigit() and 2 <= int(base) <= 36 else None


def same_based(gold: tuple[str, int], answer: tuple[str, int]) -> Match:
    """Compare two numbers from `based`. Equal values in different bases are unclear."""
    if gold[1] == answer[1]:
        return equal_if(gold[0] == answer[0])
    return Match.UNCLEAR if _value(gold) == _value(answer) else Match.DIFFERENT


def _value(number: tuple[str, int]) -> int | None:
    """Return the value of a number in its base, None where it has a digit that the base lacks."""
    try:
        return int(number[0], number[1])
    except ValueError:
        return None
