"""Whether two scalars in normal form are the same: exact values, special notations, and what is left to a prover."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal, Protocol

from factory.answers.comparison import guards
from factory.answers.policy import Policy
from factory.answers.values import notations
from factory.answers.values.exact import TooLarge, is_fraction
from factory.answers.values.match import Match, equal_if
from factory.answers.values.quantity import Quantity, match_quantities, quantity
from factory.answers.values.units import PERCENT, split_unit, unit

_NO_EXPRESSION = re.compile(r"[,$€£¢]|\d \d|\\overline|\\[lc]?dots|\.\.")  # 1,234 or $5 or 0.333...
_INFINITE = re.compile(r"([+-]?)\s*\\infty")

Task = Literal["equal", "proportional", "rounds"]


class Prover(Protocol):
    """Decides what exact rules cannot: whether two scalar expressions, or two equations, are the same."""

    def __call__(self, gold: str, answer: str, *, task: Task) -> Match:
        """`proportional`: both are what an equation sets to zero. `rounds`: `answer` is a decimal of `gold`."""
        ...


def left_open(gold: str, answer: str, *, task: Task) -> Match:
    """The prover that asks nobody."""
    return Match.OPEN


@lru_cache(maxsize=4096)
def read_quantity(text: str, decimal_comma: bool) -> Quantity | None:
    """`quantity`, remembered. Raises `TooLarge`."""
    return quantity(text, decimal_comma=decimal_comma)


def quantity_or_none(text: str) -> Quantity | None:
    try:
        return read_quantity(text, False)
    except TooLarge:
        return None


@dataclass(frozen=True, slots=True)
class Scalars:
    """One policy and one prover, applied to any two scalars."""

    policy: Policy
    prove: Prover

    def same(self, gold: str, said: str) -> Match:
        """Whether two scalars in normal form are the same."""
        try:
            gold_quantity = read_quantity(gold, self.policy.decimal_comma == "accept")
        except TooLarge:
            return Match.UNCLEAR
        try:
            said_quantity = read_quantity(said, self.policy.decimal_comma == "accept")
        except TooLarge:
            return Match.DIFFERENT
        if gold_quantity and said_quantity:
            return match_quantities(gold_quantity, said_quantity, self.policy)
        if (found := self._as_written(gold, said, gold_quantity, said_quantity)) is not None:
            return found
        if guards.is_bomb(said):
            return Match.UNCLEAR if guards.is_bomb(gold) else Match.DIFFERENT
        if self.policy.unevaluated == "none" and gold_quantity and not guards.is_hedged(said):
            return Match.UNCLEAR
        return self._by_proof(_parts(gold, gold_quantity), _parts(said, said_quantity))

    def _as_written(self, gold: str, said: str, g: Quantity | None, s: Quantity | None) -> Match | None:
        """Notations with rules of their own; None where neither side is in one."""
        if _INFINITE.fullmatch(gold) and _INFINITE.fullmatch(said):
            return equal_if(gold.replace("+", "").replace(" ", "") == said.replace("+", "").replace(" ", ""))
        if r"\infty" in gold or r"\infty" in said:
            return Match.UNCLEAR if r"\infty" in gold and r"\infty" in said else Match.DIFFERENT
        gold_based, said_based = notations.based(gold), notations.based(said)
        if gold_based and said_based:
            return notations.same_based(gold_based, said_based)
        if gold_based or said_based:
            if self.policy.base_missing == "reject" or not gold_based:
                return Match.UNCLEAR
            return equal_if(gold_based[0] == said.lstrip("0"))
        if notations.is_ratio(gold) or notations.is_ratio(said):
            return self._same_ratio(gold, said, g, s)
        angle = g or s
        if angle and not (g and s) and angle.unit and unit(angle.unit) == unit("degree"):
            degrees = notations.in_degrees(split_unit(said if g else gold, ("radian", "rad"))[0])
            if degrees is not None:
                return equal_if(degrees == angle.value and self.policy.degrees_as_radians == "accept")
        return None

    def _same_ratio(self, gold: str, said: str, g: Quantity | None, s: Quantity | None) -> Match:
        if notations.is_ratio(gold) and notations.is_ratio(said):
            return notations.same_ratio(gold, said)
        value, other = (notations.ratio_value(gold), s) if s else (notations.ratio_value(said), g)
        if other is None or value is None or other.unit:
            return Match.DIFFERENT if other else Match.UNCLEAR
        if s and not is_fraction(s.digits):
            return Match.UNCLEAR if value == s.value else Match.DIFFERENT  # 3 for 3:1
        if g and not (is_fraction(gold) and f"{value.numerator}:{value.denominator}" == said.replace(" ", "")):
            return Match.DIFFERENT if value != g.value else Match.UNCLEAR
        return equal_if(value == other.value and self.policy.ratio_as_fraction == "accept")

    def _by_proof(self, gold: tuple[str, str], said: tuple[str, str]) -> Match:
        (gold_expression, gold_unit), (said_expression, said_unit) = gold, said
        if gold_unit and said_unit and self.policy.unit_mismatch != "ignore" and unit(gold_unit) != unit(said_unit):
            return Match.UNCLEAR if unit(gold_unit).dimensions == unit(said_unit).dimensions else Match.DIFFERENT
        if (gold_unit == PERCENT) != (said_unit == PERCENT):
            return Match.UNCLEAR
        if (gold_unit and not said_unit and self.policy.unit_missing == "reject") or (
            said_unit and not gold_unit and self.policy.unit_extra == "reject"
        ):
            return Match.DIFFERENT
        if gold_expression.replace(" ", "") == said_expression.replace(" ", ""):
            return Match.EQUAL
        return self.prove(gold_expression, said_expression, task="equal")

    def rounds(self, exact: str, rounded: str) -> Match:
        """Whether `rounded` is what `exact` is, to the decimals it has."""
        known, decimal = quantity_or_none(exact), quantity_or_none(rounded)
        if decimal is None:
            return Match.UNCLEAR
        if known is None:
            return self.prove(split_unit(exact)[0], decimal.digits, task="rounds")
        last_place = Fraction(1, 10 ** len(decimal.digits.partition(".")[2]))
        return equal_if(abs(known.value - decimal.value) < last_place)


def _parts(text: str, known: Quantity | None) -> tuple[str, str]:
    """The expression and the unit of a scalar; an exact value that is no expression as it stands, is made one."""
    if known is None or not _NO_EXPRESSION.search(text):
        return split_unit(text)
    return rf"\frac{{{known.value.numerator}}}{{{known.value.denominator}}}", known.unit
