"""Quantities: exact values with a unit, and the rules by which two of them are the same answer.

A unit only decides where both sides name one: "18 dollars" answers a gold of 18, "5 km" does not answer "5 m".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction

from factory.answers.policy import AnswerPolicy
from factory.answers.values.exact import exact_value, is_fraction, is_literal, is_reduced
from factory.answers.values.match import Match, equal_if
from factory.answers.values.units import PERCENT, unit, unit_name
from factory.text.number_words import SCALES, number_in_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """Rational value, the unit it was written with, and how it was written.

    * `digits`: the number itself, without unit and sign of approximation.
    * `unit`: a name from `units.unit_name`, "" where none was written.
    * `compound`: written as several measures (2 hours 30 minutes); `value` is in the smallest unit named.
    * `in_words`: written as number words.
    * `approximate`: written behind a sign of approximation.
    * `name`: the variable it was assigned to.
    """

    value: Fraction
    digits: str
    unit: str = ""
    compound: bool = False
    in_words: bool = False
    approximate: bool = False
    name: str = ""


_ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z]|[A-Za-z]_\{?\w+\}?|[A-Za-z]\([\w, -]+\))\s*=(?!=)\s*")
_CURRENCY = re.compile(r"(?P<sign>[+-]?)\s*(?P<currency>[$€£])\s*(?P<amount>[^\s$€£].*)")
_UNIT = r"[%$€£¢]|[A-Za-z](?:[A-Za-z .'/-]|\^\s*\{?-?\d\}?)*"
# A number and a unit, with or without a space or a hyphen between: 5 km, 5km, 5-km.
_MEASURE = re.compile(
    rf"(?P<number>(?:\\[A-Za-z]+|(?<=\d)[eE](?=[+-]?\d)|[^A-Za-z\\%])*[\d)}}!]\.?)(?P<gap>\s*)-?(?P<unit>{_UNIT})"
)
# One measure of several: 2 hours and 30 minutes.
_PART = re.compile(r"(?P<number>\d+(?:\.\d+)?(?:/\d+)?)\s*(?P<unit>[A-Za-z]+\.?)\s*(?:,|and\b)?\s*")
_NEGATIVE = re.compile(r"(?:negative|minus)\s+(?=[\d\\.a-z])", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[-+]?\d{1,3}(?:\.\d{3})*,\d+")
_DECIMAL = re.compile(r"[-+(]*(?P<whole>[\d, ]*)\.(?P<decimals>\d+)[)]*")


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
        return Quantity(value=value, digits=answer)
    if currency := _CURRENCY.fullmatch(answer):
        return _money(currency["currency"], _unnamed(currency["sign"] + currency["amount"]))
    return _in_words(answer) if answer[:2].lstrip("-").isalpha() else _measure(answer) or _compound(answer)


def _money(currency: str, amount: Quantity | None) -> Quantity | None:
    """Return an amount behind a sign of currency: `$5` and `$5 dollars`, but not `$5 cents` or `$5 apples`."""
    if amount is None or (amount.unit and unit(amount.unit) != unit(currency)):
        return None
    return replace(amount, unit=currency)


def _in_words(answer: str) -> Quantity | None:
    """Return the quantity of number words, with a unit behind them."""
    negative = answer.startswith("-")
    number = number_in_words(answer[negative:].lower())
    if number is None:
        return None
    value, rest = Fraction(-number[0] if negative else number[0]), number[1]
    name = unit_name(rest) if rest else ""
    return None if name is None else Quantity(value=value, digits=str(value), unit=name, in_words=True)


def _measure(answer: str) -> Quantity | None:
    """Return the quantity of a number with a unit: 5 km, 3 million dollars."""
    measure = _MEASURE.fullmatch(answer)
    if measure is None:
        return None
    words = measure["unit"].split()
    scale = 1
    while words and (size := SCALES.get(words[0].lower()) or (12 if words[0].lower() == "dozen" else 0)):
        scale *= size
        words.pop(0)
    name = unit_name(" ".join(words), glued=not measure["gap"] and scale == 1) if words else ""
    value = exact_value(measure["number"]) if name is not None else None
    if name is None or value is None:
        return None
    return Quantity(value=value * scale, digits=measure["number"].strip(), unit=name)


def _compound(answer: str) -> Quantity | None:
    """Return the quantity of two or more measures of one dimension, each of a smaller unit than the one before."""
    total, previous, last, position, parts = Fraction(0), Fraction(0), "", 0, 0
    while part := _PART.match(answer, position):
        name = unit_name(part["unit"])
        if name is None:
            return None
        size = unit(name).size
        if parts and (unit(name).dimensions != unit(last).dimensions or size >= previous):
            return None
        value = exact_value(part["number"])
        if value is None:
            return None
        total, previous, last, position, parts = total + value * size, size, name, part.end(), parts + 1
    if parts < 2 or position != len(answer):
        return None
    return Quantity(value=total / previous, digits=answer, unit=last, compound=True)


def match_quantities(gold: Quantity, answer: Quantity, policy: AnswerPolicy) -> Match:
    """Return whether `answer` states `gold` under `policy`.

    Args:
      gold: the quantity of the gold answer.
      answer: the quantity of the answer.
      policy: decides about units, percentages, rounding, and how the number may be written.

    Returns:
      The match, never `OPEN`.
    """
    match = _same_amount(gold, answer, policy)
    if match is not Match.EQUAL:
        return match
    # The amount is right; the policy may still refuse the way in which it is written.
    refused = (
        (answer.in_words and policy.number_words == "reject" and not gold.in_words)
        or (answer.approximate and policy.approximate_sign == "reject" and not gold.approximate)
        or (gold.name and answer.name and gold.name != answer.name and policy.variable_name == "same")
        or (policy.unreduced_fraction == "reject" and not is_reduced(answer.digits) and is_reduced(gold.digits))
    )
    if refused:
        return Match.DIFFERENT
    if policy.unevaluated == "none" and not is_literal(answer.digits) and not answer.in_words and not answer.compound:
        return Match.EQUAL if answer.digits == gold.digits else Match.UNCLEAR
    return Match.EQUAL


def _same_amount(gold: Quantity, answer: Quantity, policy: AnswerPolicy) -> Match:
    """Compare value and unit, whatever the way in which they are written."""
    if gold.unit == answer.unit:
        return equal_if(_same_value(gold, answer, Fraction(1), policy))
    if PERCENT in (gold.unit, answer.unit):
        return _same_percentage(gold, answer, policy)
    if not gold.unit or not answer.unit:
        if gold.compound or answer.compound:
            # A bare 30 or 150 for 2 hours 30 minutes.
            return Match.UNCLEAR
        allowed = policy.unit_extra if answer.unit else policy.unit_missing
        return equal_if(_same_value(gold, answer, Fraction(1), policy) and allowed == "accept")
    if policy.unit_mismatch == "ignore":
        return equal_if(_same_value(gold, answer, Fraction(1), policy))
    # Two units that differ: the same quantity may be meant.
    gold_unit, answer_unit = unit(gold.unit), unit(answer.unit)
    if gold_unit.dimensions != answer_unit.dimensions or (
        policy.unit_mismatch == "reject" and gold_unit.size != answer_unit.size
    ):
        return Match.DIFFERENT
    return equal_if(_same_value(gold, answer, answer_unit.size / gold_unit.size, policy))


def _same_percentage(gold: Quantity, answer: Quantity, policy: AnswerPolicy) -> Match:
    """Compare where exactly one side is in percent."""
    if gold.unit == PERCENT:
        allowed = policy.percent_sign_missing
        if answer.unit or allowed == "reject":
            return Match.DIFFERENT
        if allowed != "number" and _same_value(gold, answer, Fraction(100), policy):
            return Match.EQUAL
        if allowed == "fraction" or gold.value != answer.value:
            return Match.DIFFERENT
        return Match.UNCLEAR if allowed == "either" and 0 < abs(gold.value) < 1 else Match.EQUAL
    if gold.unit or policy.percent_sign_extra == "reject":
        return Match.DIFFERENT
    factor = Fraction(1, 100) if policy.percent_sign_extra == "value" else Fraction(1)
    return equal_if(gold.value == answer.value * factor)


def _same_value(gold: Quantity, answer: Quantity, factor: Fraction, policy: AnswerPolicy) -> bool:
    """Return whether the values are equal, the answer's counted `factor` times.

    They also are where one is the other rounded, as far as the policy allows.
    """
    value = answer.value * factor
    if gold.value == value:
        return True
    if factor != 1 or (gold.value < 0) != (value < 0):
        return False
    return _is_rounded(answer, gold, policy.rounded_answer_digits) or (
        is_fraction(answer.digits) and _is_rounded(gold, answer, policy.rounded_gold_digits, only_rounded=True)
    )


def _is_rounded(rounded: Quantity, exact: Quantity, digits: int, *, only_rounded: bool = False) -> bool:
    """Return whether `exact` rounds to `rounded`.

    `rounded` is a decimal of at least `digits` significant digits; `exact` has no finite decimals. Without
    `only_rounded`, a decimal that is cut off, or that a double prints for `exact`, counts, too.
    """
    decimal = _DECIMAL.fullmatch(rounded.digits) if digits else None
    if decimal is None or _has_finite_decimals(exact.value):
        return False
    significant = re.sub("[, ]", "", decimal["whole"] + decimal["decimals"]).lstrip("0")
    if len(significant) < digits:
        return False
    last_place = Fraction(1, 10 ** len(decimal["decimals"]))
    # What rounding took away, in units of the last place.
    # Positive where digits were cut off, negative where the last digit was rounded up.
    left_out = abs(exact.value) - abs(rounded.value)
    if abs(left_out) <= last_place / 2:
        return True
    return not only_rounded and (0 < left_out < last_place or rounded.value == Fraction(repr(float(exact.value))))


def _has_finite_decimals(value: Fraction) -> bool:
    """Return whether a value can be written as a decimal with finitely many digits."""
    denominator = value.denominator
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    return denominator == 1
