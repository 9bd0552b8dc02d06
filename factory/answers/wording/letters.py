"""Choices of several letters or numbered statements: ABD is A, B, D, and (1)(3) is (1), (3)."""

from __future__ import annotations

import re

from factory.answers.values.match import Match

_LONGEST = 60
_JOINING = r"(?:,\s?and\b|,|;|&|\band\b|[和与及])"
_JOINED = re.compile(_JOINING)
_LETTERS = re.compile(
    rf"(?:\\\{{|\{{)?\s{{0,3}}\(?[A-H]\)?(?:\s{{0,3}}{_JOINING}?\s{{0,3}}\(?[A-H]\)?){{1,7}}\s{{0,3}}(?:\\\}}|\}})?"
)
_NUMBERED = re.compile(r"\(\d\)(?:\s{0,3}(?:,|;|\band\b|,\s?and\b)?\s{0,3}\(\d\)){1,8}")
_NUMBERS = re.compile(r"\d(?:\s{0,3}(?:,|;|\band\b|,\s?and\b)\s{0,3}\d){1,8}")


def same_letters(gold: str, answer: str) -> Match | None:
    """Compare two choices of several letters of which one is written without commas; None for other texts.

    ABD chooses A, B and D. Letters in another order may name something else, a triangle, and are unclear.
    """
    if len(gold) > _LONGEST or len(answer) > _LONGEST:
        return None
    if gold[0] == "(" and gold[1:2].isdigit() and _NUMBERED.fullmatch(gold):
        return _same_numbers(gold, answer)
    chosen, stated = _letters(gold), _letters(answer)
    if not chosen or set(chosen) != set(stated):
        return None
    if _JOINED.search(gold) and _JOINED.search(answer):
        # Both are lists, which are compared as such where commas or "and" join them.
        return None if gold.isascii() and answer.isascii() else Match.EQUAL
    if gold.isalpha() and answer.isalpha():
        return Match.EQUAL if chosen == stated else Match.UNCLEAR
    return Match.EQUAL if chosen == stated == sorted(chosen) else Match.UNCLEAR


def _letters(text: str) -> list[str]:
    """Return the different capital letters that a text consists of, side by side or joined; none for another text."""
    if not _LETTERS.fullmatch(text):
        return []
    letters = re.findall("[A-H]", text)
    return letters if len(set(letters)) == len(letters) else []


def _same_numbers(gold: str, answer: str) -> Match | None:
    """Compare with (1)(3), which is a choice of statements, or a product."""
    if not (_NUMBERED.fullmatch(answer) or _NUMBERS.fullmatch(answer)):
        return None
    return Match.UNCLEAR if sorted(re.findall(r"\d", gold)) == sorted(re.findall(r"\d", answer)) else None
