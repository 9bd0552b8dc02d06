"""Values in English words: one hundred and five, two and a half million, three quarters, five point two."""

from __future__ import annotations

from fractions import Fraction

from factory.answers.values.scales import FACTORS, Scaled, fraction_in_words, scaled
from factory.answers.values.unit_words import singular
from factory.answers.values.units import UNITS
from factory.text.number_words import FRACTIONS, SCALES, SMALL_NUMBERS, number_in_words

_DIGITS = {word: str(number) for word, number in SMALL_NUMBERS.items() if number < 10}
_STARTS = frozenset([*SMALL_NUMBERS, *SCALES, "half", "a", "an"])
_NUMBERS = SMALL_NUMBERS.keys() | FRACTIONS.keys() | FACTORS.keys()
_MOST_WORDS = 24


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, numbers with a hyphen taken apart: three-quarters, but not sit-ups."""
    words: list[str] = []
    for word in text.lower().split():
        parts = word.split("-")
        if len(parts) > 1 and any(part in _NUMBERS for part in parts):
            words += parts
        else:
            # Of abbreviations: 5 Mio. Euro.
            words.append(word[:-1] if word[:-1] in FACTORS else word)
    return tuple(words)


def value_in_words(text: str) -> Scaled | None:
    """Return the value that a text in words begins with, and the words left, which must be a unit's; else None."""
    if not text[:1].isalpha() or len(text) > 200:
        return None
    words = words_of(text)
    if not words or words[0] not in _STARTS or len(words) > _MOST_WORDS:
        return None
    if fraction := fraction_in_words(words):
        return fraction
    if words[0] in ("a", "an"):
        if len(words) == 1 or (words[1] not in SCALES and (singular(words[1]) not in UNITS or words[1] == "second")):
            return None
        words = ("one", *words[1:])
    number = number_in_words(" ".join(words))
    if number is None:
        return None
    value, rest = Fraction(number[0]), tuple(number[1].split())
    if rest[:1] == ("point",):
        return _decimal(number[0], rest[1:])
    if rest[:1] == ("over",):
        below = number_in_words(" ".join(rest[1:]))
        return Scaled(value / below[0], ()) if below and below[0] and not below[1] else None
    if rest and rest[0] in FRACTIONS and number[0] >= 100:
        # "One hundred thousandths" may be 100/1000 or 1/100,000.
        return None
    return scaled(value, rest)


def _decimal(whole: int, words: tuple[str, ...]) -> Scaled | None:
    """Return a decimal of which the digits behind the point are words: three point one four."""
    count = next((at for at, word in enumerate(words) if word not in _DIGITS), len(words))
    if count == 0:
        return None
    digits = "".join(_DIGITS[word] for word in words[:count])
    return scaled(Fraction(f"{whole}.{digits}"), words[count:])
