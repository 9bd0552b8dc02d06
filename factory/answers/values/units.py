"""Units of measure: what they measure, how large they are, and how words make one: "square feet", "miles per hour"."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

PERCENT = "%"

# Name -> (dimension, size in the dimension's base unit).
UNITS: dict[str, tuple[str, Fraction]] = {
    name: (dimension, Fraction(size))
    for dimension, sizes in {
        "length": {
            "nm nanometer nanometre": "1/1000000000", "micrometer micrometre micron": "1/1000000",
            "mm millimeter millimetre": "1/1000", "cm cms centimeter centimetre": "1/100",
            "dm decimeter decimetre": "1/10", "m meter metre": "1", "km kms kilometer kilometre": "1000",
            "in inch": "127/5000", "ft foot feet": "381/1250", "yd yds yard": "1143/1250", "mi mile": "201168/125",
        },
        "time": {
            "ms millisecond": "1/1000", "s sec second": "1", "min minute": "60", "h hr hrs hour": "3600",
            "day": "86400", "week": "604800",
        },
        "calendar": {"month": "1", "year yr": "12", "decade": "120", "century": "1200"},
        "mass": {"microgram": "1/1000000", "mg milligram": "1/1000", "g gram gm gms": "1", "kg kilogram kgs": "1000",
                 "tonne": "1000000", "jin": "500"},
        "weight": {"oz ounce": "1", "lb lbs pound": "16", "ton": "32000"},
        "volume": {
            "ml mls milliliter millilitre": "1/1000", "cl centiliter centilitre": "1/100", "l liter litre": "1",
            "cc": "1/1000",
        },
        "liquid": {"cup": "1", "pint": "2", "quart": "4", "gallon gal": "16"},
        "area": {"hectare": "1", "ha": "1"},
        "acre": {"acre": "1"},
        "money": {"cent ¢": "1/100", "$ dollar usd us$": "1"},
        "euro": {"€ euro eur": "1"},
        "pound sterling": {"£ gbp sterling quid": "1", "penny pence": "1/100"},
        "rupee": {"₹ rupee rs inr": "1", "paisa paise": "1/100"},
        "yen": {"yen jpy ¥": "1"},
        "yuan": {"yuan rmb cny renminbi": "1", "jiao": "1/10", "fen": "1/100"},
        "won": {"₩ won krw": "1"},
        "ruble": {"₽ ruble rouble rub": "1"},
        "lira": {"₺ lira": "1"},
        "dong": {"₫ dong vnd": "1"},
        "peso": {"₱ peso php mxn": "1"},
        "naira": {"₦ naira ngn": "1"},
        "baht": {"฿ baht thb": "1"},
        "hryvnia": {"₴ hryvnia uah": "1"},
        "shekel": {"₪ shekel ils": "1"},
        "franc": {"franc chf": "1"},
        "angle": {"degree degrees deg": "1", "'": "1/60", "''": "1/3600"},
        "radian": {"radian rad": "1"},
        "temperature in celsius": {"celsius centigrade": "1"},
        "temperature in fahrenheit": {"fahrenheit": "1"},
        "temperature in kelvin": {"kelvin": "1"},
        "units": {"unit": "1"},
        "force": {"newton": "1", "kn": "1000"}, "energy": {"joule": "1", "kj kilojoule": "1000", "kwh": "3600000"},
        "heat": {"cal calorie": "1", "kcal kilocalorie": "1000"}, "power": {"watt": "1", "kw kilowatt": "1000"},
        "voltage": {"volt": "1"}, "current": {"ampere amp": "1"}, "frequency": {"hz hertz": "1", "khz": "1000"},
        "pressure": {"pa pascal": "1", "kpa": "1000"}, "charge": {"coulomb": "1"}, "resistance": {"ohm": "1"},
        "amount of substance": {"mol mole": "1"}, "information": {"byte": "1"}, "bits": {"bit": "1"},
    }.items()
    for names, size in sizes.items()
    for name in names.split()
}  # fmt: skip
_CURRENCY_NAMES = "money,euro,pound sterling,rupee,yen,yuan,won,ruble,lira,dong,peso,naira,baht,hryvnia,shekel,franc"
CURRENCY_DIMENSIONS = frozenset(_CURRENCY_NAMES.split(","))
"""Dimensions of money, one for each currency."""
RATES = {
    "mph": (("mile", 1), ("hour", -1)), "mpg": (("mile", 1), ("gallon", -1)),
    "kph": (("km", 1), ("hour", -1)), "kmh": (("km", 1), ("hour", -1)),
}  # fmt: skip
# Dimensions that are powers of another one, with their base unit in that one's.
_POWERS_OF = {"volume": ("length", 3, Fraction(1, 1000)), "area": ("length", 2, Fraction(10_000))}
POWER_BEFORE = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
POWER_BEHIND = {"squared": 2, "cubed": 3}
# Names that stand for one of several units: pounds of weight or of money, ¥ for yen or yuan, 5' for an angle or feet.
OTHER_MEANINGS = {"pound": "£", "¥": "yuan", "'": "foot", "''": "inch"}
PRIMES = frozenset(["'", "''"])
"""Marks for minutes and seconds of an angle, and for feet and inches."""
_KELVIN, _FAHRENHEIT = (("temperature in kelvin", 1),), (("temperature in fahrenheit", 1),)


@dataclass(frozen=True, slots=True)
class MeasureUnit:
    """Meaning of a unit.

    `dimensions` are the powers of the base dimensions that it measures, sorted by name; `size` is its size in their
    base units; `of` is what is measured, where a word beside the unit says so: the flour of "cups of flour".
    """

    dimensions: tuple[tuple[str, int], ...]
    size: Fraction
    of: str = ""


def is_known(word: str) -> bool:
    """Return whether a word is a unit of the table, or a part of one."""
    return word in UNITS or word in RATES or word in POWER_BEFORE


@lru_cache(maxsize=1024)
def unit(name: str) -> MeasureUnit:
    """Return what a name from `unit_words.unit_name` stands for.

    Unknown words count things, the last in front of "of" says which: duck eggs are eggs, slices of pizza slices. Beside
    a unit that is known, they say what is measured.
    """
    powers: Counter[str] = Counter()
    size, of = Fraction(1), ""
    # What stands behind "per" is divided by.
    for sign, side in zip((1, *[-1] * 6), re.split(r"(?:^| )(?:/|per)(?: |$)", name)[:7], strict=False):
        factors, things = _factors(side.split())
        for dimension, one, exponent in factors:
            base, power, factor = _POWERS_OF.get(dimension, (dimension, 1, Fraction(1)))
            powers[base] += sign * exponent * power
            size *= (one * factor) ** (sign * exponent)
        if things and not factors:
            powers[things[0]] += sign
        of = of or " ".join(things[0 if factors else 1 :])
    return MeasureUnit(tuple(sorted((one, power) for one, power in powers.items() if power)), size, of)


def _factors(words: list[str]) -> tuple[list[tuple[str, Fraction, int]], list[str]]:
    """Return the known units among words, as dimension, size and exponent, and the things that the others name.

    The first thing is what is counted; a second one, behind "of", what it is made of.
    """
    factors: list[tuple[str, Fraction, int]] = []
    heads, power = [""], 1
    for word in words:
        if (exponent := POWER_BEHIND.get(word) or int(word[1:] if word[0] == "^" else 0)) and factors:
            dimension, size, before = factors.pop()
            factors.append((dimension, size, before * exponent))
        elif word in POWER_BEFORE:
            power = POWER_BEFORE[word]
        elif word in UNITS or word in RATES:
            for part, exponent in RATES.get(word, ((word, 1),)):
                dimension, size = UNITS[part]
                factors.append((dimension, size, exponent * power))
            power = 1
        elif word == "of":
            heads.append("")
        elif word not in ("-", "the") and word[0] != "^":
            heads[-1], power = word, 1
    return factors, [head for head in heads if head]


def meanings(name: str) -> tuple[MeasureUnit, ...]:
    """Return all units that a name may stand for, the likeliest first."""
    other = OTHER_MEANINGS.get(name)
    return (unit(name), unit(other)) if other else (unit(name),)


def is_temperature(measure: MeasureUnit) -> bool:
    """Return whether a unit measures a temperature on a scale with a zero of its own."""
    return len(measure.dimensions) == 1 and measure.dimensions[0][0].startswith("temperature")


def in_celsius(value: Fraction, measure: MeasureUnit) -> Fraction:
    """Return a temperature in degrees Celsius."""
    if measure.dimensions == _FAHRENHEIT:
        return (value - 32) * Fraction(5, 9)
    return value - Fraction("273.15") if measure.dimensions == _KELVIN else value
