"""Rules by which two quantities are the same answer.

A unit only decides where both sides name one: "18 dollars" answers a gold of 18, "5 km" does not answer "5 m".
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from factory.answers.policy import AnswerPolicy
from factory.answers.values.counters import is_counter, is_same_counter
from factory.answers.values.exact import is_literal, is_reduced
from factory.answers.values.match import Match, equal_if
from factory.answers.values.quantity import Quantity
from factory.answers.values.rounding import is_double_of, is_rounded, is_same_double
from factory.answers.values.units import PERCENT, PRIMES, UNITS, MeasureUnit, in_celsius, is_temperature, meanings, unit

_TIME = unit("hour").dimensions
_DEGREES = unit("degree").dimensions
_GENERIC = "units"
# Words that may name what another names more exactly, or that name nothing.
_VAGUE_WORDS = (
    "people person man men woman women child children kid student pupil boy girl member player worker item thing "
    "object piece fruit animal way time number total left remaining"
)
_VAGUE = frozenset(_VAGUE_WORDS.split())
_PHYSICAL = frozenset(["length", "time", "calendar", "mass", "weight", "volume", "liquid", "area", "angle"])


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
    if match is Match.DIFFERENT and (gold.unscaled is None) != (answer.unscaled is None):
        # How many millions? "5 million" may be meant as the right 5.
        return Match.UNCLEAR if _same_unscaled(gold, answer, policy) else match
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


def _same_unscaled(gold: Quantity, answer: Quantity, policy: AnswerPolicy) -> bool:
    """Return whether the amounts could be the same without the words that scale one of them."""
    bare_gold = gold if gold.unscaled is None else replace(gold, value=gold.unscaled)
    bare_answer = answer if answer.unscaled is None else replace(answer, value=answer.unscaled)
    return _same_amount(bare_gold, bare_answer, policy) is not Match.DIFFERENT


def _same_amount(gold: Quantity, answer: Quantity, policy: AnswerPolicy) -> Match:
    """Compare value and unit, whatever the way in which they are written."""
    if gold.unit.replace(" ", "") == answer.unit.replace(" ", "") or is_same_counter(gold.unit, answer.unit):
        return equal_if(_same_value(gold, answer, Fraction(1), policy))
    if answer.uncertain or (gold.uncertain and answer.unit):
        # The word behind the number may scale it.
        return Match.UNCLEAR
    if PERCENT in (gold.unit, answer.unit):
        return _same_percentage(gold, answer, policy)
    if not gold.unit or not answer.unit:
        return _same_as_bare(gold, answer, policy)
    if policy.unit_mismatch == "ignore":
        return equal_if(_same_value(gold, answer, Fraction(1), policy))
    # Two units that differ: the same quantity may be meant.
    for gold_unit in meanings(gold.unit):
        for answer_unit in meanings(answer.unit):
            if gold_unit.dimensions == answer_unit.dimensions:
                return _same_dimensions(gold, answer, gold_unit, answer_unit, policy)
    return _other_dimensions(gold, answer, policy)


def _same_as_bare(gold: Quantity, answer: Quantity, policy: AnswerPolicy) -> Match:
    """Compare where exactly one side has a unit."""
    allowed = policy.unit_extra if answer.unit else policy.unit_missing
    if gold.compound or gold.unit in PRIMES or answer.unit in PRIMES:
        # A bare 30 or 150 for 2 hours 30 minutes.
        return Match.UNCLEAR
    if answer.compound and allowed == "accept":
        # The gold is in the largest or the smallest of the units that the answer names.
        same = gold.value in (answer.value, answer.value / answer.compound)
        return Match.EQUAL if same else _in_another_unit(gold, answer)
    if _same_value(gold, answer, Fraction(1), policy):
        return equal_if(allowed == "accept")
    return _in_another_unit(gold, answer) if answer.unit and allowed == "accept" else Match.DIFFERENT


def _in_another_unit(gold: Quantity, answer: Quantity) -> Match:
    """Return `UNCLEAR` where a time is the bare gold in another unit: 150 minutes for 2.5; else `DIFFERENT`."""
    measure = unit(answer.unit)
    if measure.dimensions != _TIME:
        return Match.DIFFERENT
    sizes = {size for dimension, size in UNITS.values() if ((dimension, 1),) == _TIME}
    return Match.UNCLEAR if any(gold.value * size == answer.value * measure.size for size in sizes) else Match.DIFFERENT


def _same_dimensions(
    gold: Quantity, answer: Quantity, gold_unit: MeasureUnit, answer_unit: MeasureUnit, policy: AnswerPolicy
) -> Match:
    """Compare where both units measure the same."""
    if policy.unit_mismatch == "reject" and gold_unit.size != answer_unit.size:
        return Match.DIFFERENT
    if not _same_value(gold, answer, answer_unit.size / gold_unit.size, policy):
        return Match.DIFFERENT
    # Cups of flour are no cups of milk; cups may be either.
    return Match.UNCLEAR if gold_unit.of and answer_unit.of and gold_unit.of != answer_unit.of else Match.EQUAL


def _other_dimensions(gold: Quantity, answer: Quantity, policy: AnswerPolicy) -> Match:
    """Compare where the units measure different things: the same number may be meant, or not."""
    gold_unit, answer_unit = unit(gold.unit), unit(answer.unit)
    if is_temperature(gold_unit) and is_temperature(answer_unit):
        # As temperatures they may be the same, as differences of temperatures they are not.
        same = in_celsius(gold.value, gold_unit) == in_celsius(answer.value, answer_unit)
        return Match.UNCLEAR if same else Match.DIFFERENT
    if not _same_value(gold, answer, Fraction(1), policy):
        return Match.DIFFERENT
    if is_temperature(gold_unit) and answer_unit.dimensions == _DEGREES and answer.unit not in PRIMES:
        return Match.EQUAL
    return Match.UNCLEAR if _may_be_the_same(gold, answer, gold_unit, answer_unit) else Match.DIFFERENT


def _may_be_the_same(gold: Quantity, answer: Quantity, gold_unit: MeasureUnit, answer_unit: MeasureUnit) -> bool:
    """Return whether the same number of two units may be the same answer.

    Slices of pizza and pizzas may, people and students, counters of other languages, plain "units", an angle for a
    temperature, and dollars for dollars per hour.
    """
    if is_counter(gold.unit) or is_counter(answer.unit) or gold.unit in PRIMES or answer.unit in PRIMES:
        return True
    if is_temperature(answer_unit) and gold_unit.dimensions == _DEGREES:
        return True
    pairs = [dict(gold_unit.dimensions), dict(answer_unit.dimensions)]
    words = [set(name.split()) - {"of", "the", "/", "per"} for name in (gold.unit, answer.unit)]
    if words[0] & words[1] - UNITS.keys() or words[0] & _VAGUE or words[1] & _VAGUE:
        return True
    if any(_GENERIC in powers for powers in pairs):
        return sum(pairs[0].values()) == sum(pairs[1].values())
    above = [{name for name, power in powers.items() if power > 0} for powers in pairs]
    below = [any(power < 0 for power in powers.values()) for powers in pairs]
    return above[0] == above[1] and not above[0] & _PHYSICAL and below[0] != below[1]


def _same_percentage(gold: Quantity, answer: Quantity, policy: AnswerPolicy) -> Match:
    """Compare where exactly one side is in percent."""
    if gold.unit == PERCENT:
        allowed = policy.percent_sign_missing
        if answer.unit or allowed == "reject":
            return Match.DIFFERENT
        if allowed != "number" and _same_value(gold, answer, Fraction(100), policy):
            return Match.EQUAL
        if allowed == "fraction" or not _same_value(gold, answer, Fraction(1), policy):
            return Match.DIFFERENT
        return Match.UNCLEAR if allowed == "either" and 0 < abs(gold.value) < 1 else Match.EQUAL
    if gold.unit or policy.percent_sign_extra == "reject":
        return Match.DIFFERENT
    meant, other = (
        (Fraction(1, 100), Fraction(1)) if policy.percent_sign_extra == "value" else (Fraction(1), Fraction(1, 100))
    )
    if _same_value(gold, answer, meant, policy):
        return Match.EQUAL
    # Data sets leave the sign out of golds that are percentages: 25% for 25 may be right.
    return Match.UNCLEAR if _same_value(gold, answer, other, policy) else Match.DIFFERENT


def _same_value(gold: Quantity, answer: Quantity, factor: Fraction, policy: AnswerPolicy) -> bool:
    """Return whether the values are equal, the answer's counted `factor` times.

    They also are where one is the other rounded, as far as the policy allows.
    """
    value = answer.value * factor
    if gold.value == value or (factor == 1 and is_same_double(gold.digits, answer.digits)):
        return True
    if (gold.value < 0) != (value < 0) or gold.unscaled is not None or answer.unscaled is not None:
        return False
    if is_rounded(answer.digits, gold.value / factor, policy.rounded_answer_digits, cut=True):
        return True
    if policy.rounded_gold_digits and factor == 1 and is_double_of(gold.digits, value):
        return len(answer.digits) < len(gold.digits)
    # Only what is written exactly counts as the exact value of a rounded gold: no decimal in another unit.
    exact = factor == 1 or "." not in answer.digits
    return exact and is_rounded(gold.digits, value, policy.rounded_gold_digits)
