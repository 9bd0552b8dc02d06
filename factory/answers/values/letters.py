"""Letters behind a number that may scale it or be its unit: 5k, 5M, 25 C. In mathematics they are rather variables."""

from __future__ import annotations

import re
from fractions import Fraction

from factory.answers.values.quantity import Quantity

_LETTER = re.compile(r"(?P<number>-?\d{1,20}(?:,\d{3}){0,5}(?:\.\d{1,20})?)\s?(?P<letter>[A-Za-z]{1,3})\.?", re.ASCII)
# Powers of ten; 5 K may also be 5 kelvin.
_ZEROS = {
    "k": (3,), "K": (3, 0), "M": (6,), "m": (6,), "mil": (3, 6), "B": (9,), "b": (9,), "T": (12,), "t": (12,),
    "tn": (12,), "cr": (7,), "Cr": (7,), "G": (9,),
}  # fmt: skip
_UNITS = {"C": ("celsius",), "F": ("fahrenheit",), "p": ("£", "pound", "gbp"), "N": ("newton",), "J": ("joule",),
          "W": ("watt",), "V": ("volt",), "A": ("ampere", "amp"), "K": ("kelvin",)}  # fmt: skip


def may_be_scaled(text: str, other: Quantity | None) -> bool:
    """Return whether a number with a letter behind it may be another quantity: 5k for 5000, 25 C for 25°C.

    Args:
      text: the number with its letter.
      other: the quantity on the other side; None for no quantity.
    """
    if other is None or not text[-1:].isalpha() or (match := _LETTER.fullmatch(text)) is None:
        return False
    number, letter = Fraction(match["number"].replace(",", "")), match["letter"]
    if other.unit in _UNITS.get(letter, ()):
        return True
    return any(number * 10**zeros == other.value for zeros in _ZEROS.get(letter, ()))
