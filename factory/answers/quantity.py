"""An exact value with its unit, and when two of them are the same answer.

A unit only decides where both sides name one: "18 dollars" answers a gold of 18, "5 km" does not answer "5 m".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from factory.answers.exact import exact_value
from factory.answers.units import NUMBER_WORDS, PERCENT, SCALES, UNITS, canonical_unit, dimension_and_size, singular


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A rational value and the unit it was written with; `unit` is "" where none was."""

    value: Fraction
    unit: str = ""


_ASSIGNMENT = re.compile(r"(?:[A-Za-z]|[A-Za-z]_\{?\w+\}?|[A-Za-z]\([\w, -]+\))\s*=(?!=)\s*")
_APPROXIMATELY = re.compile(r"\\approx\s*")
_CURRENCY = re.compile(r"(?P<sign>[+-]?)\s*(?P<currency>[$€£])\s*(?P<amount>\S.*)")
_MEASURE = re.compile(
    r"(?P<number>.*[\d)}!]\.?)(?P<gap>\s*)-?(?P<unit>%|[$€£¢]|[A-Za-z][A-Za-z .'/-]*(?:\s?\^\s*\{?\d\}?)?)"
)


def quantity(answer: str) -> Quantity | None:
    """The quantity that a normalised answer denotes, else None. Raises `exact.TooLarge` for a bomb."""
    answer = _APPROXIMATELY.sub("", answer, count=1) if answer.startswith(r"\approx") else answer
    if assignment := _ASSIGNMENT.match(answer):
        answer = answer[assignment.end() :]
    if currency := _CURRENCY.fullmatch(answer):
        return _money(currency["currency"], quantity(currency["sign"] + currency["amount"]))
    word = answer.lower()
    if word in NUMBER_WORDS:
        return Quantity(value=Fraction(NUMBER_WORDS[word]))
    value = exact_value(answer)
    if value is not None:
        return Quantity(value=value)
    return _measure(answer)


def _money(currency: str, amount: Quantity | None) -> Quantity | None:
    """`$5`, and `$5 dollars`, but not `$5 cents` or `$5 apples`."""
    if amount is None or (amount.unit and UNITS.get(amount.unit) != UNITS[currency]):
        return None
    return Quantity(value=amount.value, unit=currency)


def _measure(answer: str) -> Quantity | None:
    measure = _MEASURE.fullmatch(answer)
    if measure is None:
        return None
    words = [singular(word) for word in re.split(r"[ .]+", measure["unit"].lower()) if word]
    scale = 1
    while words and words[0] in SCALES:
        scale *= SCALES[words.pop(0)]
    if words in (["percent"], ["per", "cent"]):
        words = [PERCENT]
    unit = canonical_unit(words, glued=not measure["gap"])
    value = exact_value(measure["number"]) if unit is not None else None
    if unit is None or value is None:
        return None
    return Quantity(value=value * scale, unit=unit)


def same_quantity(gold: Quantity, answer: Quantity) -> bool:
    """Whether `answer` states `gold`. A unit may be left out on either side; two units must agree or convert.

    A gold in percent is met by the bare number of percents and by the fraction: 50% by 50, 50% and 0.5. A bare gold
    is met by a percentage of the same value only: 0.5 by 50%, 10 not by 10%.
    """
    if PERCENT in (gold.unit, answer.unit):
        if gold.unit == answer.unit or (gold.unit == PERCENT and not answer.unit and gold.value == answer.value):
            return gold.value == answer.value
        return {gold.unit, answer.unit} == {PERCENT, ""} and _fraction(gold) == _fraction(answer)
    if not gold.unit or not answer.unit or gold.unit == answer.unit:
        return gold.value == answer.value
    gold_dimension, gold_size = dimension_and_size(gold.unit)
    answer_dimension, answer_size = dimension_and_size(answer.unit)
    return gold_dimension == answer_dimension and gold.value * gold_size == answer.value * answer_size


def _fraction(amount: Quantity) -> Fraction:
    return amount.value / 100 if amount.unit == PERCENT else amount.value
