"""Units of measure: what they measure, how large they are, and the words that look like a unit but are none."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from factory.text.number_words import SMALL_NUMBERS

PERCENT = "%"
CURRENCIES = "$€£¢"

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
            "s sec second": "1", "min minute": "60", "h hr hrs hour": "3600", "day": "86400", "week": "604800",
        },
        "calendar": {"month": "1", "year yr": "12"},
        "mass": {"mg milligram": "1/1000", "g gram": "1", "kg kilogram": "1000"},
        "weight": {"oz ounce": "1", "lb lbs pound": "16", "ton": "32000"},
        "volume": {"ml milliliter millilitre": "1/1000", "l liter litre": "1"},
        "liquid": {"cup": "1", "pint": "2", "quart": "4", "gallon gal": "16"},
        "money": {"cent ¢": "1/100", "$ dollar usd": "1"},
        "euro": {"€ euro eur": "1"},
        "pound sterling": {"£": "1"},
        "angle": {"degree degrees deg": "1"},
        "radian": {"radian rad": "1"},
        "temperature in celsius": {"celsius": "1"},
        "temperature in fahrenheit": {"fahrenheit": "1"},
    }.items()
    for names, size in sizes.items()
    for name in names.split()
}  # fmt: skip
_RATES = {
    "mph": (("mile", 1), ("hour", -1)), "kph": (("km", 1), ("hour", -1)), "kmh": (("km", 1), ("hour", -1)),
}  # fmt: skip
_GLUED = frozenset(["cm", "mm", "km", "kg", "mg", "ml", "lb", "oz", "ft", *_RATES, *CURRENCIES])
_POWER_BEFORE = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_POWER_BEHIND = {"squared": 2, "cubed": 3}
_UNIT_WORD = re.compile(r"\^-?\d|[/-]|[$€£¢]|[a-z][a-z.']*", re.ASCII)
_WORD = re.compile(r"\^-?\d+|[%/-]|[$€£¢]|[^\s^%/$€£¢-]+")

# Words that make of the number before them something else than that number, or of the whole a sentence.
_FRACTIONS = (
    "half third quarter fourth fifth sixth seventh eighth ninth tenth eleventh twelfth twentieth hundredth thousandth "
    "millionth billionth pair couple"
)
_CONNECTIVES_AND_HEDGES = (
    "or and nor to not no never non more less most least fewer over under above below beneath beyond about around "
    "between among almost approx circa maybe perhaps otherwise unless except excluding without if when then but "
    "however instead versus vs at up than unlike out wrong incorrect false true invalid error mistake mistaken unknown "
    "undefined undetermined impossible none nothing null nan something anything every either neither both so on "
    "from for"
)
_OPERATIONS = (
    "negative positive minus plus by mod modulo remainder dot point halve twice double doubled triple tripled thrice "
    "dozen score gross factorial root hundred thousand million billion trillion pi sqrt sin cos tan cot sec csc log ln "
    "exp infinity inf divided multiplied added subtracted raised power base binary hexadecimal octal percentage percent"
)
_CLOCK_AND_CALENDAR = "am pm a.m p.m o'clock bc ad bce ce noon midnight th st nd rd"
_SENTENCE = (
    "is are was were be been has have had does do did can could may might should would will equals equal means i we "
    "you he she it they this that these those there which what who a an as"
)
_NO_UNITS = frozenset(
    [
        *_FRACTIONS.split(), *(word + "s" for word in _FRACTIONS.split()), *_CONNECTIVES_AND_HEDGES.split(),
        *_OPERATIONS.split(), *_CLOCK_AND_CALENDAR.split(), *_SENTENCE.split(), *SMALL_NUMBERS,
    ]
)  # fmt: skip
_NOT_FIRST = frozenset(["of", "in", "the", "with", "per", "/", "-", *_POWER_BEHIND])


@dataclass(frozen=True, slots=True)
class MeasureUnit:
    """Meaning of a unit.

    `dimensions` are the powers of the base dimensions that it measures, sorted by name; `size` is its size in their
    base units.
    """

    dimensions: tuple[tuple[str, int], ...]
    size: Fraction


def unit_name(text: str, *, glued: bool = False) -> str | None:
    """Return the text behind a number as a unit's name; None where it is no unit.

    `glued`: no space stood between number and text.
    """
    # Words in the singular, exponents as words of their own.
    words = [singular(word) for word in _WORD.findall(re.sub(r"\s*\^\s*\{?(-?\d)\}?", r" ^\1 ", text.lower()))]
    if words in ([PERCENT], ["percent"], ["per", "cent"]):
        return PERCENT
    if (
        not 0 < len(words) <= 6
        or words[0][0] == "^"
        or (words[0] in _NOT_FIRST and words != ["in"])
        or PERCENT in words
    ):
        return None
    if any(_is_no_unit(word) or not _UNIT_WORD.fullmatch(word) for word in words):
        return None
    if glued and words[0] not in _GLUED:
        # 5m may be five times m.
        return None
    if any(word.isalpha() and len(word) < 3 and not _is_known(word) and word not in ("of", "in") for word in words):
        # Short unknown words are variables.
        return None
    return " ".join(words)


def _is_known(word: str) -> bool:
    """Return whether a word is a unit of the table."""
    return word in UNITS or word in _RATES or word in _POWER_BEFORE


def _is_no_unit(word: str) -> bool:
    """Return whether a word changes the number before it or makes the whole a sentence."""
    return word in _NO_UNITS or (word.endswith("ly") and len(word) > 4)


@lru_cache(maxsize=1024)
def unit(name: str) -> MeasureUnit:
    """Return what a name from `unit_name` stands for.

    An unknown word counts things; of several, the last says which: duck eggs are eggs.
    """
    # Read the words as factors: dimension, size, exponent.
    factors: list[tuple[str, Fraction, int]] = []
    sign, power, counts_things = 1, 1, False
    for word in name.split():
        if word in ("/", "per"):
            sign, counts_things = -1, False
        elif (exponent := _POWER_BEHIND.get(word) or int(word[1:] if word[0] == "^" else 0)) and factors:
            dimension, size, before = factors.pop()
            factors.append((dimension, size, before * exponent))
        elif word in _POWER_BEFORE:
            power = _POWER_BEFORE[word]
        elif word not in ("-", "of", "the"):
            is_thing = word not in UNITS and word not in _RATES
            if is_thing and counts_things:
                factors.pop()
            for part, exponent in _RATES.get(word, ((word, 1),)):
                dimension, size = UNITS.get(part, (part, Fraction(1)))
                factors.append((dimension, size, sign * exponent * power))
            power, counts_things = 1, is_thing
    # Multiply them out.
    powers: Counter[str] = Counter()
    total = Fraction(1)
    for dimension, size, exponent in factors:
        powers[dimension] += exponent
        total *= size**exponent
    return MeasureUnit(
        tuple(sorted((dimension, exponent) for dimension, exponent in powers.items() if exponent)), total
    )


def singular(word: str) -> str:
    """Return a word without a plural s: dollars, but not gas or glass."""
    word = word.rstrip(".")
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


_TRIGONOMETRIC = re.compile(r"\\(?:sin|cos|tan|cot|sec|csc)(?![A-Za-z])")
_TRAILING = re.compile(r"\s+(?=[A-Za-z][A-Za-z .'/^{}0-9-]*$)|\s*(?=%$)")


def split_unit(text: str, names: tuple[str, ...] = ()) -> tuple[str, str]:
    """Return an expression and the unit behind it, "" where there is none. A single letter is a variable, not a unit.

    `names`: only these units, where given.
    """
    for gap in _TRAILING.finditer(text):
        words = text[gap.end() :]
        name = unit_name(words)
        if name == "degree" and _TRIGONOMETRIC.search(text):
            return text, ""
        if name and gap.start() and (len(words.split()[0]) > 1 or words == PERCENT) and name in (names or (name,)):
            return text[: gap.start()].rstrip(), name
    return text, ""
