"""Units of measure: their names, their sizes, and the words that look like a unit but are none."""

from __future__ import annotations

import re
from fractions import Fraction

PERCENT = "%"

SCALES: dict[str, int] = {
    "hundred": 10**2,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
}

_UP_TO_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)
_TENS = "thirty forty fifty sixty seventy eighty ninety"
NUMBER_WORDS: dict[str, int] = {
    **{word: value for value, word in enumerate(_UP_TO_TWENTY.split())},
    **{word: 10 * tens for tens, word in enumerate(_TENS.split(), start=3)},
}

# Name -> (dimension, size in the dimension's base unit).
UNITS: dict[str, tuple[str, Fraction]] = {
    name: (dimension, Fraction(size))
    for dimension, sizes in {
        "length": {
            "mm millimeter millimetre": "1/1000", "cm centimeter centimetre": "1/100", "m meter metre": "1",
            "km kilometer kilometre": "1000", "in inch inche": "127/5000", "ft foot feet": "381/1250",
            "yd yard": "1143/1250", "mi mile": "201168/125",
        },
        "time": {
            "s sec second": "1", "min minute": "60", "h hr hour": "3600", "day": "86400", "week": "604800",
        },
        "mass": {"mg milligram": "1/1000", "g gram": "1", "kg kilogram": "1000"},
        "weight": {"oz ounce": "1", "lb pound": "16"},
        "volume": {"ml milliliter millilitre": "1/1000", "l liter litre": "1"},
        "money": {"cent ¢": "1/100", "$ dollar usd": "1"},
        "euro": {"€ euro eur": "1"},
        "pound sterling": {"£": "1"},
        "angle": {"degree deg": "1"},
    }.items()
    for names, size in sizes.items()
    for name in names.split()
}  # fmt: skip

# Words that make what stands before them something else than that number: 7 or more, 2 pi, 3 dozen.
_OTHER_WORDS = (
    "or and to not less more than at least most over under about half mod minus plus times by if dozen score "
    "pi sqrt sin cos tan cot sec csc log ln exp percent infinity squared cubed"
)
_NOT_UNITS = frozenset([*_OTHER_WORDS.split(), *SCALES, *NUMBER_WORDS])


def canonical_unit(words: list[str], *, glued: bool) -> str | None:
    """The words behind a number as one unit name, None where they are no unit. `glued`: no space stood between."""
    if not words or words == [PERCENT]:
        return "".join(words)
    if any(word in _NOT_UNITS for word in words):
        return None
    power = ""
    if words[0] in ("square", "sq", "cubic", "cu") and len(words) == 2:
        power = "^2" if words[0].startswith("sq") else "^3"
        words = words[1:]
    unit = re.sub(r"\s*\^\s*\{?(\d)\}?", r"^\1", " ".join(words))
    base = unit.split("^")[0].strip()
    if base not in UNITS and (glued or len(base) < 3):
        return None  # a variable
    if glued and len(base) < 2 and base not in ("$", "€", "£", "¢"):
        return None  # 5m may be five times m
    return unit + power


def dimension_and_size(unit: str) -> tuple[str, Fraction]:
    """What a unit measures and how large it is in the base unit of that. An unknown one counts things: its last
    word says which, so that duck eggs are eggs."""
    known = UNITS.get(unit)
    if known:
        return known
    is_compound = "/" in unit or " per " in unit or "^" in unit
    return (unit if is_compound else unit.rpartition(" ")[2]), Fraction(1)


def singular(word: str) -> str:
    """The word without a plural s: dollars, but not gas or glass."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
