"""Units of measure: what they measure, how large they are, and how words make one: "square feet", "miles per hour"."""

from __future__ import annotations

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
            "mm millimeter millimetre": "1/1000", "cm centimeter centimetre": "1/100", "dm decimeter decimetre": "1/10",
            "m meter metre": "1", "km kilometer kilometre": "1000", "in inch": "127/5000", "ft foot feet": "381/1250",
            "yd yard": "1143/1250", "mi mile": "201168/125",
        },
        "time": {
            "ms millisecond": "1/1000", "s sec second": "1", "min minute": "60", "h hr hrs hour": "3600",
            "day": "86400", "week": "604800",
        },
        "calendar": {"month": "1", "year yr": "12", "decade": "120", "century": "1200"},
        "mass": {"mg milligram": "1/1000", "g gram gm": "1", "kg kilogram": "1000", "tonne": "1000000", "jin": "500"},
        "weight": {"oz ounce": "1", "lb lbs pound": "16", "ton": "32000"},
        "volume": {
            "ml milliliter millilitre": "1/1000", "cl centiliter centilitre": "1/100", "l liter litre": "1",
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
        "angle": {"degree degrees deg": "1"},
        "radian": {"radian rad": "1"},
        "temperature in celsius": {"celsius centigrade": "1"},
        "temperature in fahrenheit": {"fahrenheit": "1"},
        "temperature in kelvin": {"kelvin": "1"},
        "units": {"unit": "1"},
    }.items()
    for names, size in sizes.items()
    for name in names.split()
}  # fmt: skip
RATES = {
    "mph": (("mile", 1), ("hour", -1)), "kph": (("km", 1), ("hour", -1)), "kmh": (("km", 1), ("hour", -1)),
}  # fmt: skip
POWER_BEFORE = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
POWER_BEHIND = {"squared": 2, "cubed": 3}
# Names that stand for one of several units: pounds of weight or of money, ¥ for yen or yuan.
OTHER_MEANINGS = {"pound": "£", "£": "pound", "¥": "yuan"}
_CELSIUS, _FAHRENHEIT = "temperature in celsius", "temperature in fahrenheit"


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

    An unknown word counts things; of several, the last says which: duck eggs are eggs. Beside a unit that is known, it
    says what is measured.
    """
    # Read the words as factors: dimension, size, exponent.
    factors: list[tuple[str, Fraction, int]] = []
    sign, power, thing, measured, of = 1, 1, "", False, ""
    for word in [*name.split(), "per"]:
        if word in ("/", "per"):
            # What stands on this side of "per" is complete.
            if thing and not measured:
                factors.append((thing, Fraction(1), sign * power))
            elif thing:
                of = thing
            sign, power, thing, measured = -1, 1, "", False
        elif (exponent := POWER_BEHIND.get(word) or int(word[1:] if word[0] == "^" else 0)) and factors:
            dimension, size, before = factors.pop()
            factors.append((dimension, size, before * exponent))
        elif word in POWER_BEFORE:
            power = POWER_BEFORE[word]
        elif word in UNITS or word in RATES:
            for part, exponent in RATES.get(word, ((word, 1),)):
                dimension, size = UNITS[part]
                factors.append((dimension, size, sign * exponent * power))
            power, measured = 1, True
        elif word not in ("-", "of", "the") and word[0] != "^":
            thing, power = word, 1
    # Multiply them out.
    powers: Counter[str] = Counter()
    total = Fraction(1)
    for dimension, size, exponent in factors:
        powers[dimension] += exponent
        total *= size**exponent
    dimensions = tuple(sorted((dimension, exponent) for dimension, exponent in powers.items() if exponent))
    return MeasureUnit(dimensions, total, of)


def meanings(name: str) -> tuple[MeasureUnit, ...]:
    """Return all units that a name may stand for, the likeliest first."""
    other = OTHER_MEANINGS.get(name)
    return (unit(name), unit(other)) if other else (unit(name),)


def is_temperature(measure: MeasureUnit) -> bool:
    """Return whether a unit measures a temperature on a scale with a zero of its own."""
    return measure.dimensions in (((_CELSIUS, 1),), ((_FAHRENHEIT, 1),))


def in_celsius(value: Fraction, measure: MeasureUnit) -> Fraction:
    """Return a temperature in degrees Celsius."""
    return (value - 32) * Fraction(5, 9) if measure.dimensions == ((_FAHRENHEIT, 1),) else value
