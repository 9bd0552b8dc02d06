"""Comparison of two scalars in normal form: exact values, special notations, and what is left to a prover."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal, Protocol

from factory.answers.comparison import guards
from factory.answers.policy import AnswerPolicy
from factory.answers.values import notations
from factory.answers.values.angles import in_degrees
from factory.answers.values.exact import is_fraction
from factory.answers.values.letters import match_letter
from factory.answers.values.match import Match, all_equal, equal_if
from factory.answers.values.quantity import Quantity, quantity
from factory.answers.values.rational import TooLarge
from factory.answers.values.same_quantity import match_quantities
from factory.answers.values.unit_words import split_unit
from factory.answers.values.units import PERCENT, unit
from factory.answers.wording.combinatorics import may_count_arrangements, with_binomials
from factory.answers.wording.parameters import without_constant

# Values that are read exactly but are no LaTeX expression: 1,234 or $5 or 0.333...
_NO_EXPRESSION = re.compile(r"[,$€£¢]|\d \d|\\overline|\\[lc]?dots|\.\.")
# Numbers side by side, as in "2 3": no number of more digits, unless these are thousands.
_APART = re.compile(r"(?<=\d) +(?=\d)(?!\d{3}(?!\d))")
_PLAIN = re.compile(r"[-+]?(?:\d{1,400}(?:\.\d{1,400})?|\.\d{1,400})", re.ASCII)
# Degrees without a sine or a \pi beside them are only numbers.
_DEGREES = re.compile(r"\s*\bdegrees\b")
_NEEDS_RADIANS = re.compile(r"\\(?:pi|arc|sin|cos|tan|cot|sec|csc)|\b(?:sin|cos|tan|cis)\b|e\s*\^")
_INFINITE = re.compile(r"([+-]?)\s*\\infty")

_CONSTANTS = re.compile(r"(?<![A-Za-z\\])(?:[Cc]_\{?[1-9]|C\s*(?:e|x|\\exp|\\cdot)(?![A-Za-z]))")
_TURNS = re.compile(r"\\(?:cos|sin)\s*\(?\s*(?:[a-z]\s*\\pi|\\pi\s*[a-z])")
_BETWEEN_POINTS = re.compile(r"\\vec\{[A-Z]\}_\{[A-Z]\}")
_LOGARITHM = re.compile(r"\\log(?![A-Za-z])(?!\s*_)")

ProofTask = Literal["equal", "proportional", "rounds", "apart"]


class Prover(Protocol):
    """Function that decides what exact rules cannot: whether two scalar expressions, or two equations, are the same."""

    def __call__(self, gold: str, answer: str, *, task: ProofTask) -> Match:
        """Return whether `gold` and `answer` are the same.

        Args:
          gold: the gold expression.
          answer: the expression of the answer.
          task: `equal`: both are expressions of one value. `proportional`: both are what an equation sets to zero.
            `rounds`: `answer` is a decimal of `gold`. `apart`: they differ by a number that is the same everywhere.

        Returns:
          The match; `Match.OPEN` from a prover that does not decide.
        """
        ...


def left_open(gold: str, answer: str, *, task: ProofTask) -> Match:
    """Return `Match.OPEN`: the prover that decides nothing.

    Args:
      gold: ignored.
      answer: ignored.
      task: ignored.
    """
    return Match.OPEN


@lru_cache(maxsize=4096)
def read_quantity(text: str, decimal_comma: bool) -> Quantity | None:
    """Return `quantity(text)`, remembered for the last 4,096 texts. Raises `TooLarge`."""
    return quantity(text, decimal_comma=decimal_comma)


def quantity_or_none(text: str) -> Quantity | None:
    """Return the quantity that a text denotes; None for no quantity and for one that is too large."""
    try:
        return read_quantity(text, False)
    except TooLarge:
        return None


@dataclass(frozen=True, slots=True)
class Scalars:
    """Comparison of scalars under one policy and with one prover."""

    policy: AnswerPolicy
    prove: Prover

    def same(self, gold: str, answer: str) -> Match:
        """Return whether two scalars in normal form are the same.

        Exact values decide where both sides have one; then notations with rules of their own; then the prover.
        """
        # A gold that is too large may still be right; an answer that is too large is not, where the gold is readable.
        try:
            gold_quantity = read_quantity(gold, self.policy.decimal_comma == "accept")
        except TooLarge:
            return Match.UNCLEAR
        try:
            answer_quantity = read_quantity(answer, self.policy.decimal_comma == "accept")
        except TooLarge:
            return Match.DIFFERENT
        if gold_quantity and answer_quantity:
            return match_quantities(gold_quantity, answer_quantity, self.policy)
        if "C" in gold and not gold_quantity and (body := without_constant(gold)):
            return self._same_antiderivative(body, answer)
        if "_" in gold or "_" in answer:
            if may_count_arrangements(gold, answer) or may_count_arrangements(answer, gold):
                return Match.UNCLEAR
            gold, answer = with_binomials(gold, answer), with_binomials(answer, gold)
        if (match := self._by_notation(gold, answer, gold_quantity, answer_quantity)) is not None:
            return match
        # What is left costs a process: keep bombs, and answers that the policy refuses anyhow, from it.
        if guards.is_bomb(answer):
            return Match.UNCLEAR if guards.is_bomb(gold) else Match.DIFFERENT
        if self.policy.unevaluated == "none" and gold_quantity and not guards.is_hedged(answer):
            return Match.UNCLEAR
        match = self._by_proof(_parts(gold, gold_quantity), _parts(answer, answer_quantity))
        return Match.UNCLEAR if match is Match.DIFFERENT and _may_be_meant_alike(gold, answer) else match

    def _same_antiderivative(self, gold: str, answer: str) -> Match:
        """Compare with an antiderivative, given without its constant, which may have any name and value."""
        body = without_constant(answer)
        if guards.is_bomb(body or answer):
            return Match.DIFFERENT
        match = self.prove(gold, body or answer, task="apart")
        if match is Match.EQUAL:
            # The constant, or the bars of a logarithm, may have been asked for.
            return Match.EQUAL if body and ("|" in gold) == ("|" in answer) else Match.UNCLEAR
        # The logarithm of calculus is the natural one.
        return Match.UNCLEAR if match is Match.DIFFERENT and _LOGARITHM.search(gold + answer) else match

    def _by_notation(
        self, gold: str, answer: str, gold_quantity: Quantity | None, answer_quantity: Quantity | None
    ) -> Match | None:
        """Compare infinities, numbers in another base, ratios and angles; None where neither side is one of those.

        `gold_quantity` and `answer_quantity` are what the sides denote as quantities, None where they denote none.
        """
        if _INFINITE.fullmatch(gold) and _INFINITE.fullmatch(answer):
            return equal_if(gold.replace("+", "").replace(" ", "") == answer.replace("+", "").replace(" ", ""))
        if r"\infty" in gold or r"\infty" in answer:
            return Match.UNCLEAR if r"\infty" in gold and r"\infty" in answer else Match.DIFFERENT
        gold_based, answer_based = notations.based(gold), notations.based(answer)
        if gold_based and answer_based:
            return notations.same_based(gold_based, answer_based)
        if gold_based or answer_based:
            if self.policy.base_missing == "reject" or not gold_based:
                return Match.UNCLEAR
            return equal_if(gold_based[0] == answer.lstrip("0"))
        is_ratio = notations.is_ratio(gold), notations.is_ratio(answer)
        if ":" in gold and ":" in answer and not all(is_ratio):
            return self._same_parts(gold.split(":"), answer.split(":"))
        if any(is_ratio):
            return self._same_ratio(gold, answer, gold_quantity, answer_quantity)
        if (match := match_letter(gold, answer_quantity) or match_letter(answer, gold_quantity)) is not None:
            return match
        # One side in degrees, the other as a multiple of pi.
        angle = gold_quantity or answer_quantity
        if angle and not (gold_quantity and answer_quantity) and angle.unit and unit(angle.unit) == unit("degree"):
            degrees = in_degrees(split_unit(answer if gold_quantity else gold, ("radian", "rad"))[0])
            if degrees is not None:
                return equal_if(degrees == angle.value and self.policy.degrees_as_radians == "accept")
        return None

    def _same_ratio(
        self, gold: str, answer: str, gold_quantity: Quantity | None, answer_quantity: Quantity | None
    ) -> Match:
        """Compare where at least one side is a ratio or a time of day."""
        if notations.is_ratio(gold) and notations.is_ratio(answer):
            return notations.same_ratio(gold, answer)
        # One side is a ratio; the other may be a number.
        other = answer_quantity or gold_quantity
        value = notations.ratio_value(gold if answer_quantity else answer)
        if other is None or value is None or other.unit:
            is_time = other is not None and notations.may_be_duration(gold if answer_quantity else answer, other)
            return Match.DIFFERENT if other and not is_time else Match.UNCLEAR
        if notations.may_be_time(gold if answer_quantity else answer):
            return Match.UNCLEAR if value == other.value else Match.DIFFERENT
        if answer_quantity and not is_fraction(answer_quantity.digits):
            # 3 for 3:1: the value is right, the form may not be.
            return Match.UNCLEAR if value == answer_quantity.value else Match.DIFFERENT
        reduced = f"{value.numerator}:{value.denominator}" == answer.replace(" ", "")
        if gold_quantity and not (is_fraction(gold) and reduced):
            return Match.DIFFERENT if value != gold_quantity.value else Match.UNCLEAR
        return equal_if(value == other.value and self.policy.ratio_as_fraction == "accept")

    def _same_parts(self, gold: list[str], answer: list[str]) -> Match:
        """Compare two ratios of expressions part by part. Where parts differ, the ratios may still be proportional."""
        if len(gold) != len(answer) or not all(part.strip() for part in (*gold, *answer)):
            return Match.UNCLEAR
        match = all_equal(self.same(one.strip(), other.strip()) for one, other in zip(gold, answer, strict=True))
        return Match.UNCLEAR if match is Match.DIFFERENT else match

    def _by_proof(self, gold: tuple[str, str], answer: tuple[str, str]) -> Match:
        """Compare the units, then ask the prover about the expressions. Each side is (expression, unit)."""
        (gold_expression, gold_unit), (answer_expression, answer_unit) = gold, answer
        if gold_unit and answer_unit and self.policy.unit_mismatch != "ignore" and unit(gold_unit) != unit(answer_unit):
            return Match.UNCLEAR if unit(gold_unit).dimensions == unit(answer_unit).dimensions else Match.DIFFERENT
        if (gold_unit == PERCENT) != (answer_unit == PERCENT):
            return Match.UNCLEAR
        if (gold_unit and not answer_unit and self.policy.unit_missing == "reject") or (
            answer_unit and not gold_unit and self.policy.unit_extra == "reject"
        ):
            return Match.DIFFERENT
        if "degrees" in gold_expression + answer_expression:
            gold_expression, answer_expression = _without_degrees(gold_expression, answer_expression)
        if gold_expression.replace(" ", "") == answer_expression.replace(" ", ""):
            gold_numbers, answer_numbers = (_APART.sub(";", one) for one in (gold_expression, answer_expression))
            same = gold_numbers.replace(" ", "") == answer_numbers.replace(" ", "")
            return Match.EQUAL if same else Match.UNCLEAR
        return self.prove(gold_expression, answer_expression, task="equal")

    def rounds(self, exact: str, rounded: str) -> Match:
        """Return whether `rounded` is `exact` to the decimals that it has."""
        known, decimal = quantity_or_none(exact), quantity_or_none(rounded)
        if decimal is None:
            return Match.UNCLEAR
        if known is None:
            return self.prove(split_unit(exact)[0], decimal.digits, task="rounds")
        last_place = Fraction(1, 10 ** len(decimal.digits.partition(".")[2]))
        return equal_if(abs(known.value - decimal.value) < last_place)


def _may_be_meant_alike(gold: str, answer: str) -> bool:
    r"""Return whether two expressions that differ may be the same for who wrote them.

    Constants of a differential equation have other names, signs and factors; `\log` is `\ln` to some; `\cos n\pi` is
    `(-1)^n` for integers.
    """
    is_log = [_LOGARITHM.search(text) is not None for text in (gold, answer)]
    has_turns = _TURNS.search(gold + " " + answer) is not None and "(-1)^" in (gold + answer).replace(" ", "")
    if set(_BETWEEN_POINTS.findall(gold)) != set(_BETWEEN_POINTS.findall(answer)):
        # The same vector may be told by others: AC is AB + BC.
        return True
    return _CONSTANTS.search(gold) is not None or has_turns or (is_log[0] != is_log[1] and r"\ln" in gold + answer)


def _parts(text: str, known: Quantity | None) -> tuple[str, str]:
    """Return the expression and the unit of a scalar.

    An exact value that is no expression as it stands (1,234 or 0.333...) is made one.
    """
    if known is None:
        return split_unit(text)
    if _PLAIN.fullmatch(known.digits) and known.unscaled is None:
        return known.digits, known.unit
    if known.digits == text and not _NO_EXPRESSION.search(text):
        return text, known.unit
    return rf"\frac{{{known.value.numerator}}}{{{known.value.denominator}}}", known.unit


def _without_degrees(*expressions: str) -> tuple[str, ...]:
    r"""Return expressions without their signs of degrees, where nothing needs radians: `180^\circ-2\alpha`."""
    if any(_NEEDS_RADIANS.search(expression) for expression in expressions):
        return expressions
    return tuple(_DEGREES.sub("", expression) for expression in expressions)
