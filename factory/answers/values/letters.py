"""Letters behind a number that may scale it or be its unit: 5k, 5M, 3L. In mathematics they are rather variables."""

from __future__ import annotations

import re
from fractions import Fraction

from factory.answers.values.match import Match
from factory.answers.values.quantity import Quantity
from factory.answers.values.units import in_celsius, is_temperature, meanings, unit

_LETTER = re.compile(r"(?P<number>-?\d{1,20}(?:,\d{3}){0,5}(?:\.\d{1,20})?)\s?(?P<letter>[A-Za-z]{1,3})\.?", re.ASCII)
# Powers of ten; 5 K may also be 5 kelvin.
_ZEROS = {
    "k": (3,), "K": (3, 0), "M": (6,), "m": (6,), "mil": (3, 6), "B": (9,), "b": (9,), "T": (12,), "t": (12,),
    "tn": (12,), "cr": (7,), "Cr": (7,), "G": (9,),
}  # fmt: skip
_UNITS = {
    "C": ("celsius",), "F": ("fahrenheit",), "K": ("kelvin",), "p": ("penny",), "N": ("newton",), "J": ("joule",),
    "W": ("watt",), "V": ("volt",), "A": ("ampere",), "h": ("hour",), "L": ("liter",), "l": ("liter",),
    "g": ("gram",), "m": ("meter", "minute"), "s": ("second",), "t": ("tonne",),
}  # fmt: skip
# Even where the other side is in a unit of the same kind, these may be another one: 25 C may be coulombs, 5 t tons.
_DOUBTFUL = frozenset("CFKpt")


def match_letter(text: str, other: Quantity | None) -> Match | None:
    """Return whether a number with a letter behind it is another quantity; None where the letter is a variable's.

    It is `EQUAL` where the letter stands for the other's unit (3L for 3 liters), and `UNCLEAR` where it may scale the
    number or name a unit that the other lacks (5k for 5000, 25 C for 25°C, 17 N for 17).

    Args:
      text: the number with its letter.
      other: the quantity on the other side; None for no quantity.
    """
    if other is None or not text[-1:].isalpha() or (match := _LETTER.fullmatch(text)) is None:
        return None
    number, letter = Fraction(match["number"].replace(",", "")), match["letter"]
    for name in _UNITS.get(letter, ()):
        if not other.unit and number == other.value:
            return Match.UNCLEAR
        for meaning in meanings(other.unit) if other.unit else ():
            if is_temperature(unit(name)) and is_temperature(meaning):
                return Match.UNCLEAR if in_celsius(number, unit(name)) == in_celsius(other.value, meaning) else None
            if unit(name).dimensions == meaning.dimensions and number * unit(name).size == other.value * meaning.size:
                return Match.UNCLEAR if letter in _DOUBTFUL or name == "minute" else Match.EQUAL
    is_scaled = any(number * 10**zeros == other.value for zeros in _ZEROS.get(letter, ()))
    return Match.UNCLEAR if is_scaled or (other.unit in ("£", "pound", "gbp") and letter == "p") else None
