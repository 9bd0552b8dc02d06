"""Expressions of plain numbers within the tokens of a step: parsed strictly, or not at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from factory.equations.ranges import NotComputed, Range, exactly
from factory.equations.tokens import CLOSE, NUMBER, OPEN, OPERATOR, WORD, Token
from factory.equations.words import BINDING, stem

# Words behind a number that are taken as what is counted.
MOST_UNIT_WORDS = 3
MOST_FACTORIAL = 20
# Brackets in brackets.
MOST_DEPTH = 12


class NotRead(ValueError):
    """Error for tokens that are no expression of plain numbers, or one that may be meant in two ways."""


@dataclass(frozen=True, slots=True)
class Value:
    """Value of an expression.

    * `range`: what it may be.
    * `unit`: last word of what is counted, "" for none. `percent`: True for a number of percent.
    * `computed`: True where there was something to compute; `decimals`: digits behind the point of a bare number.
    """

    range: Range
    unit: str = ""
    percent: bool = False
    computed: bool = False
    decimals: int = 0


class Parser:
    """Parser of an expression that begins at one token.

    Args:
      read: the tokens.
      at: where it begins.
    """

    def __init__(self, read: Sequence[Token], at: int) -> None:
        self._read = read
        self.at = at
        self._depth = 0

    def sum(self) -> Value:
        """Return the value of the longest sum from here. Raises `NotRead`, or `NotComputed`."""
        value = self._product()
        while self._is(OPERATOR, "+", "-"):
            sign = self._read[self.at].text
            before = self.at
            self.at += 1
            try:
                other = self._product()
            except NotRead:
                self.at = before
                break
            if value.percent != other.percent or (value.unit and other.unit and value.unit != other.unit):
                raise NotRead("amounts of two kinds are added")
            range_ = value.range + other.range if sign == "+" else value.range - other.range
            value = Value(range_, value.unit or other.unit, value.percent, computed=True)
        return value

    def _product(self) -> Value:
        """Return the value of a product."""
        value = self._signed()
        while True:
            before = self.at
            sign = self._read[before].text if self._is(OPERATOR, "*", "/") or self._is_times() else ""
            # 2(3 + 4) and (1 + 2)(3 + 4), but not "5 (apples)".
            side_by_side = not sign and self._is(OPEN, "(") and self._read[before].glued
            if not (sign or side_by_side):
                return value
            self.at += bool(sign)
            try:
                other = self._signed()
            except NotRead:
                self.at = before
                return value
            range_ = value.range / other.range if sign == "/" else value.range * other.range
            value = Value(range_, other.unit or value.unit, percent=False, computed=True)

    def _signed(self) -> Value:
        """Return the value of a factor with a sign in front."""
        if self._is(OPERATOR, "-"):
            self.at += 1
            value = self._power()
            return replace(value, range=-value.range)
        return self._power()

    def _power(self) -> Value:
        """Return the value of a power."""
        value = self._atom()
        if not self._is(OPERATOR, "^"):
            return value
        self.at += 1
        exponent = self._group() if self._is(OPEN, "{", "(") else self._number()
        return Value(value.range**exponent.range, value.unit, computed=True)

    def _atom(self) -> Value:
        """Return the value of a number, a fraction, a root or a bracket, with what is counted behind it."""
        if self._is(OPERATOR, "frac"):
            self.at += 1
            over, under = self._group(), self._group()
            value = Value(over.range / under.range, over.unit or under.unit, computed=over.computed or under.computed)
        elif self._is(OPERATOR, "sqrt"):
            self.at += 1
            value = Value(self._group().range.root(), computed=True)
        elif self._is(OPERATOR, "group"):
            self.at += 1
            value = self._group()
        elif self._is(OPEN, "("):
            value = replace(self._group(), decimals=0)
        else:
            value = self._number()
        return self._behind(value)

    def _behind(self, value: Value) -> Value:
        """Return a value with the signs and the words behind it."""
        if self._is(OPERATOR, "!") and self._read[self.at].glued:
            whole = value.range.low
            if not value.range.is_exact or whole.denominator != 1 or not 0 <= whole <= MOST_FACTORIAL:
                raise NotComputed(f"a factorial of no whole number of at most {MOST_FACTORIAL}")
            self.at += 1
            value = Value(exactly(math.factorial(int(whole))), computed=True)
        if self._is(OPERATOR, "%"):
            self.at += 1
            value = replace(value, range=value.range * exactly(Fraction(1, 100)), percent=True)
        for _ in range(MOST_UNIT_WORDS):
            if not self._is(WORD) or self._is_times() or self._read[self.at].text in BINDING:
                break
            word = self._read[self.at]
            # A letter may be a variable, and what is glued to a number is part of it.
            if len(word.text) == 1 or (word.glued and self._read[self.at - 1].kind == NUMBER):
                raise NotRead(word.text)
            value = replace(value, unit=stem(word.text))
            self.at += 1
        # $15/hour, 5 days/week.
        if self._is(OPERATOR, "/") and self.at + 1 < len(self._read) and self._read[self.at + 1].kind == WORD:
            if len(self._read[self.at + 1].text) == 1:
                raise NotRead("a letter")
            self.at += 2
        return value

    def _group(self) -> Value:
        """Return the value of what stands in brackets."""
        if not self._is(OPEN) or self._depth >= MOST_DEPTH:
            raise NotRead("no bracket")
        self.at += 1
        self._depth += 1
        value = self.sum()
        self._depth -= 1
        if not self._is(CLOSE):
            raise NotRead("a bracket that does not close")
        self.at += 1
        return value

    def _number(self) -> Value:
        """Return the value of a number as it is written."""
        if not self._is(NUMBER):
            raise NotRead("no number")
        token = self._read[self.at]
        self.at += 1
        return number(token.text)

    def _is_times(self) -> bool:
        """Return whether an x between two numbers stands here."""
        if not self._is(WORD, "x") or self.at + 1 >= len(self._read):
            return False
        return self._read[self.at + 1].kind in (NUMBER, OPEN) and self.at > 0

    def _is(self, kind: str, *texts: str) -> bool:
        """Return whether a token of a kind, and of one of these texts, stands here."""
        if self.at >= len(self._read):
            return False
        token = self._read[self.at]
        return token.kind == kind and (not texts or token.text in texts)


def number(text: str) -> Value:
    """Return the value of a number: a decimal that looks rounded may be anything that rounds to it."""
    decimals = len(text.partition(".")[2])
    value = exactly(Fraction(text))
    # .05 and .25 are rates as they are given, .33 and .667 are what was left of a division.
    if decimals >= 2 and (value.low * 20).denominator != 1:
        value = value.widened(Fraction(1, 2 * 10**decimals))
    return Value(value, decimals=decimals)
