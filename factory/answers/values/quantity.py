"""Quantities: exact values with a unit, as they are written: 5 km, $3.50, 12個, two and a half million, 250 (g).

When two of them are the same answer is said in `same_quantity.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction

from factory.answers.values.angles import degrees_and_minutes, primed
from factory.answers.values.counters import counted, spelled_out
from factory.answers.values.dates import is_in_figures
from factory.answers.values.exact import exact_value
from factory.answers.values.money import amount_of_money
from factory.answers.values.scales import scaled
from factory.answers.values.unit_words import CURRENCIES, is_certain, unit_name
from factory.answers.values.units import unit
from factory.answers.values.words import value_in_words, words_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """Rational value, the unit it was written with, and how it was written.

    * `digits`: the number itself, without unit and sign of approximation.
    * `unit`: a name from `units.unit_name`, "" where none was written.
    * `unscaled`: the value without the words that scale it, 5 for 5 million; None where there are none.
    * `uncertain`: the unit is a single word that is not known, which may scale the number in some language.
    * `compound`: written as several measures (2 hours 30 minutes); `value` is in the smallest unit named, and this is
      how many of it make one of the largest. 0 for other quantities.
    * `in_words`: written as number words.
    * `approximate`: written behind a sign of approximation.
    * `name`: the variable it was assigned to.
    """

    value: Fraction
    digits: str
    unit: str = ""
    unscaled: Fraction | None = None
    uncertain: bool = False
    compound: Fraction = Fraction(0)
    in_words: bool = False
    approximate: bool = False
    name: str = ""


_ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z]|[A-Za-z]_\{?\w+\}?|[A-Zad-hp-wy]\(-?\w+(?:, ?-?\w+)*\))\s*=(?!=)\s*")
_UNIT = rf"[%{CURRENCIES}]|[A-Za-z](?:[A-Za-z .'/$-]|\^\s*\{{?-?\d\}}?)*"
# A number and a unit, with or without a space or a hyphen between: 5 km, 5km, 5-km.
_MEASURE = re.compile(
    rf"(?P<number>(?:\\[A-Za-z]+|(?<=\d)[eE](?=[+-]?\d)|[^A-Za-z\\%])*[\d)}}!]\.?)(?P<gap>\s*)-?(?P<unit>{_UNIT})"
)
# A number and a unit in brackets: 250 (g).
_BRACKETED = re.compile(
    r"(?P<number>.{0,80}(?:[\d)}%]|hundred|thousand|illion|dozen))(?P<gap>\s*)\(\s*(?P<unit>"
    r"[A-Za-z](?:[A-Za-z .'/-]|\^\s*\{?-?\d\}?){0,40}|[^\x00-\x7f/]{1,6})\s*\)"
)
# One measure of several: 2 hours and 30 minutes.
_PART = re.compile(r"(?P<number>\d+(?:\.\d+)?(?:/\d+)?)\s*(?P<unit>[A-Za-z]+\.?)\s*(?:,|and\b)?\s*")
_NEGATIVE = re.compile(r"(?:negative|minus)\s+(?=[\d\\.a-z])", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[-+]?\d{1,3}(?:\.\d{3})*,\d+")
_RATE = re.compile(r"(?P<number>-?[\d,.]{0,40}\d)\s*(?P<words>(?:/|per |an? |each)[A-Za-z .'-]{0,40})")
_HOURS = re.compile(r"(\d{1,3} ?h) ?(\d\d)", re.ASCII)
_LAKHS = re.compile(r"-?\d{1,2}(?:,\d\d){1,6},\d{3}(?:\.\d{1,9})?", re.ASCII)
_MOST_CHARS = 400
_TIME = unit("hour").dimensions


def quantity(answer: str, *, decimal_comma: bool = False) -> Quantity | None:
    """Return the quantity that a normalised answer denotes, else None. Raises `rational.TooLarge` for a bomb.

    `decimal_comma` lets 1.234,5 be read as 1234.5.
    """
    approximate = answer.startswith(r"\approx")
    answer = answer.removeprefix(r"\approx").strip()
    assignment = _ASSIGNMENT.match(answer)
    amount = _unnamed(answer[assignment.end() :] if assignment else answer, decimal_comma=decimal_comma)
    return amount and replace(amount, approximate=approximate, name=assignment["name"] if assignment else "")


def _unnamed(answer: str, *, decimal_comma: bool = False) -> Quantity | None:
    """Return the quantity of an answer without the variable it was assigned to."""
    if negative := _NEGATIVE.match(answer):
        answer = "-" + answer[negative.end() :]
    # Try the readings from the most to the least strict.
    if decimal_comma and _DECIMAL_COMMA.fullmatch(answer):
        answer = answer.replace(".", "").replace(",", ".")
    value = exact_value(answer)
    if value is not None:
        return None if is_in_figures(answer) else Quantity(value=value, digits=answer)
    if len(answer) > _MOST_CHARS:
        return None
    if amount := amount_of_money(answer):
        return _money(*amount)
    if "degrees" in answer and (angle := degrees_and_minutes(answer)) is not None:
        return Quantity(value=angle, digits=answer, unit="degree")
    if answer[-1:] in ("'", '"') and (strokes := primed(answer)):
        return Quantity(value=Fraction(strokes[0]), digits=strokes[0], unit=strokes[1])
    if answer[:2].lstrip("-")[:1].isalpha():
        return _in_words(answer)
    if answer.endswith(")") and (bracketed := _BRACKETED.fullmatch(answer)):
        return _in_brackets(bracketed)
    if not answer.isascii() and (count := _counted(answer)):
        return count
    return _measure(answer) or _compound(answer)


def _money(amount: str, currency: str, zeros: int) -> Quantity | None:
    """Return an amount behind a sign of currency: `$5` and `$5 dollars`, but not `$5 cents` or `$5 apples`."""
    if rate := _RATE.fullmatch(amount):
        # $5 per hour, $5 each.
        value = exact_value(rate["number"])
        words = re.sub(r"^an? ", "per ", rate["words"])
        return None if value is None else _with_unit(value, rate["number"], f"{currency} {words}")
    if _LAKHS.fullmatch(amount):
        # The Indian way to group digits, 1,50,000, is not read without a currency: it may be a list.
        amount = amount.replace(",", "")
    known = _unnamed(amount)
    if known is None or (known.unit and unit(known.unit) != unit(currency)):
        return None
    if zeros:
        return replace(known, value=known.value * 10**zeros, unscaled=known.value, unit=currency)
    return replace(known, unit=currency)


def _in_words(answer: str) -> Quantity | None:
    """Return the quantity of number words, with a unit behind them."""
    negative = answer.startswith("-")
    number = value_in_words(answer[negative:])
    if number is None:
        return None
    value, rest = -number.value if negative else number.value, " ".join(number.words)
    name = unit_name(rest) if rest else ""
    if name is None:
        return None
    uncertain = bool(name) and abs(value) > 1 and not is_certain(rest)
    return Quantity(value=value, digits=str(value), unit=name, in_words=True, uncertain=uncertain)


def _measure(answer: str) -> Quantity | None:
    """Return the quantity of a number with a unit: 5 km, 3 million dollars, 2 and a half hours."""
    measure = _MEASURE.fullmatch(answer)
    if measure is None:
        return None
    words = measure["unit"]
    value = exact_value(measure["number"])
    number = None if value is None else scaled(value, words_of(words))
    if value is None or number is None:
        return None
    if number.value == value and " ".join(number.words) == words.lower():
        return _with_unit(value, measure["number"], words, glued=not measure["gap"])
    known = _with_unit(number.value, measure["number"], " ".join(number.words))
    return known and replace(known, unscaled=value)


def _with_unit(value: Fraction, digits: str, words: str, *, glued: bool = False) -> Quantity | None:
    """Return the quantity of a value with a unit in words, or with none."""
    name = unit_name(words, glued=glued) if words else ""
    if name is None:
        return None
    uncertain = bool(words) and abs(value) > 1 and not is_certain(words)
    return Quantity(value=value, digits=digits.strip(), unit=name, uncertain=uncertain)


def _in_brackets(bracketed: re.Match[str]) -> Quantity | None:
    """Return the quantity of a number with a unit in brackets: 250 (g), 9 (apples)."""
    number, words = bracketed["number"].strip(), bracketed["unit"]
    if not words.isascii():
        return _counted(number + words)
    known = _unnamed(number)
    if known is None or known.unit:
        return None
    named = _with_unit(known.value, known.digits, words)
    if named is None:
        return None
    # 5(m) may be five times m.
    product = len(words) == 1 and not bracketed["gap"]
    return replace(known, unit=named.unit, uncertain=named.uncertain or product)


def _counted(answer: str) -> Quantity | None:
    """Return the quantity of a number with Chinese, Japanese or Korean words behind it."""
    count = counted(answer)
    if count is None:
        return _compound(spelled) if (spelled := spelled_out(answer)) else None
    number, factor, name = count
    value = exact_value(number)
    if value is None:
        return None
    return Quantity(value=value * factor, digits=number, unit=name, unscaled=value if factor > 1 else None)


def _compound(answer: str) -> Quantity | None:
    """Return the quantity of two or more measures of one dimension, each of a smaller unit than the one before."""
    # The French way to write hours: 1h20.
    answer = _HOURS.sub(r"\1 \2 min", answer) if _HOURS.fullmatch(answer) else answer
    total, previous, first, last, position, parts = Fraction(0), Fraction(0), Fraction(0), "", 0, 0
    while part := _PART.match(answer, position):
        words = part["unit"]
        if words == "m" and last and unit(last).dimensions == _TIME:
            # 2h 30m.
            words = "min"
        name = unit_name(words)
        if name is None:
            return None
        size = unit(name).size
        if parts and (unit(name).dimensions != unit(last).dimensions or size >= previous):
            return None
        value = exact_value(part["number"])
        if value is None:
            return None
        total, previous, last, position, parts = total + value * size, size, name, part.end(), parts + 1
        first = first or size
    if parts < 2 or position != len(answer):
        return None
    return Quantity(value=total / previous, digits=answer, unit=last, compound=first / previous)
