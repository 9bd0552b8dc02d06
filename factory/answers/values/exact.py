"""Exact rational values of arithmetic answers, by a small recursive-descent parser over `fractions.Fraction`.

No floats, no eval, and nothing is computed before its size is known: every intermediate value stays below
`rational.MAX_BITS` bits, every nesting below `MAX_DEPTH`.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

from factory.answers.values.rational import (
    NotArithmetic,
    TooLarge,
    bounded,
    decimal,
    dotted_decimal,
    factorial,
    power,
    repeating_decimal,
)

# Each level is a handful of Python calls, and a hostile answer has thousands of brackets.
MAX_DEPTH = 40

_GROUPED = re.compile(r"[1-9]\d{0,2}(?:(?:,\d{3})+|(?: \d{3})+(?! ?/))(?![\d,])(?:\.(?P<decimals>\d+))?", re.ASCII)
_REPEATING = re.compile(
    r"(?P<whole>\d*)\.(?:(?P<head>\d*)\\(?:overline|bar)\s*\{(?P<period>\d+)\}|\((?P<bracketed>\d+)\))", re.ASCII
)
_DOTTED = re.compile(r"(?P<whole>\d*)\.(?P<digits>\d{3,})\s*(?:\\[lc]?dots|\.\.\.)", re.ASCII)
_PLAIN = re.compile(
    r"(?:\d+(?:\.\d+|\.(?=\s*(?:[)}\]A-Za-z]|$)))?|\.\d+)(?:[eE](?P<exponent>[+-]?\d+)(?![\w.]))?", re.ASCII
)
_MIXED_TAIL = re.compile(r"(?<=\s)(?P<numerator>\d+)\s*/\s*(?P<denominator>\d+)(?![\d.])", re.ASCII)
_TIMES = re.compile(r"\*(?!\*)|\\(?:cdot|times|ast)(?![A-Za-z])")
_OVER = re.compile(r"/|\\div(?![A-Za-z])")
_POWER = re.compile(r"\^|\*\*")
_DECIMAL_END = re.compile(r"\.\d*\s*$", re.ASCII)
# One number: a fraction, a mixed number, or a decimal with an exponent or a power of ten.
_LITERAL = re.compile(
    r"[-+ ]*[({[]*[-+ ]*(?:(?P<whole>[\d, ]+)?(?:\\frac\s*\{?\s*-?\d+\s*\}?\s*\{?\s*-?\d+\s*\}?|(?<!\d)\d+\s*/\s*-?\d+)"
    r"|[\d, ]*\.?\d*(?:[eE][+-]?\d+)?(?:\\(?:overline|bar)\s*\{\d+\}|\(\d+\)|\s*(?:\\[lc]?dots|\.\.\.))?"
    r"(?:\s*(?:\*|\\times|\\cdot)\s*10\s*\^\s*\{?[-+]?\d+\}?)?|10\s*\^\s*\{?[-+]?\d+\}?)[)}\]]*\s*",
    re.ASCII,
)
# One integer over another, as a slash or \frac, with signs and brackets around it.
_FRACTION = re.compile(
    r"[-+({[ ]*(?:\\frac\s*(?:\{\s*(-?\d+)\s*\}|(\d))\s*(?:\{\s*(-?\d+)\s*\}|(\d))|(\d+)\s*/\s*(-?\d+))[)}\] ]*",
    re.ASCII,
)


def exact_value(answer: str) -> Fraction | None:
    r"""Return the rational number that a normalised answer denotes; None where it is not arithmetic on numbers alone.

    Reads integers, well-grouped thousands, decimals, repeating decimals, scientific notation, `a/b`, `\frac`, mixed
    numbers, `+ - * / ^ !` and brackets. Raises `TooLarge` instead of computing a bomb.
    """
    # What could be read only in part is no value.
    parser = _ArithmeticParser(answer)
    try:
        value = parser.sum(depth=0)
    except (NotArithmetic, ZeroDivisionError):
        return None
    return value if parser.at_end() else None


def is_literal(answer: str) -> bool:
    """Return whether an arithmetic answer is one number, with nothing left to compute: 1.5, 3/2, 2e-7, 6 * 10^23."""
    return _LITERAL.fullmatch(answer) is not None


def is_reduced(answer: str) -> bool:
    """Return whether an arithmetic answer is anything but a fraction that can be reduced."""
    fraction = _FRACTION.fullmatch(answer)
    if fraction is None:
        return True
    numerator, denominator = (int(part) for part in fraction.groups() if part is not None)
    return math.gcd(numerator, denominator) == 1


def is_fraction(answer: str) -> bool:
    """Return whether an arithmetic answer is written as one integer over another."""
    return _FRACTION.fullmatch(answer) is not None


class _ArithmeticParser:
    """Recursive-descent parser over the characters of one answer.

    Each method reads one construct of the grammar at the current position and returns its value. `depth` counts the
    brackets around it. All raise `NotArithmetic` or `TooLarge`.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    def at_end(self) -> bool:
        """Return whether nothing but spaces is left."""
        self._skip_space()
        return self._position == len(self._text)

    def sum(self, depth: int) -> Fraction:
        """Read terms joined by + and -."""
        if depth > MAX_DEPTH:
            raise TooLarge(f"brackets nested deeper than {MAX_DEPTH}")
        value = self._product(depth)
        while (sign := self._next_character()) in ("+", "-"):
            self._position += 1
            term = self._product(depth)
            value = bounded(value + term if sign == "+" else value - term)
        return value

    def _product(self, depth: int) -> Fraction:
        """Read factors joined by signs of multiplication or division, or by an opening bracket."""
        value = self._signed(depth)
        divided = False
        while True:
            if self._take(_TIMES):
                value = bounded(value * self._signed(depth))
            elif self._take(_OVER):
                value = bounded(value / self._signed(depth))
                divided = True
            elif self._next_character() == "(":
                if divided or _DECIMAL_END.search(self._text, max(0, self._position - 50), self._position):
                    # 1/2(3) can be read in two ways, and so can 0.5(3).
                    raise NotArithmetic
                value = bounded(value * self._power(depth))
            else:
                return value

    def _signed(self, depth: int) -> Fraction:
        """Read a power with any number of signs in front."""
        negative = False
        while (sign := self._next_character()) in ("+", "-"):
            self._position += 1
            negative ^= sign == "-"
        value = self._power(depth)
        return -value if negative else value

    def _power(self, depth: int) -> Fraction:
        """Read an atom with a factorial and an exponent behind it."""
        if depth > MAX_DEPTH:
            raise TooLarge(f"brackets nested deeper than {MAX_DEPTH}")
        base = self._atom(depth)
        if self._next_character() == "!":
            self._position += 1
            base = factorial(base)
            if self._next_character() == "!":
                # A double factorial is not the factorial of a factorial.
                raise NotArithmetic
        if not self._take(_POWER):
            return base
        negative = self._next_character() == "-"
        if negative:
            self._position += 1
        # Powers are right-associative: 2^3^2 is 2^9.
        exponent = self._power(depth + 1)
        return power(base, -exponent if negative else exponent)

    def _atom(self, depth: int) -> Fraction:
        """Read a number, a fraction, or a sum in brackets."""
        character = self._next_character()
        if character.isascii() and (character.isdigit() or character == "."):
            return self._number(depth)
        if character in ("(", "[", "{"):
            return self._bracketed(depth)
        if self._text.startswith(r"\frac", self._position):
            return self._fraction(depth)
        raise NotArithmetic

    def _bracketed(self, depth: int) -> Fraction:
        """Read from an opening bracket to the one that closes it."""
        closing = {"(": ")", "[": "]", "{": "}"}[self._text[self._position]]
        self._position += 1
        value = self.sum(depth + 1)
        if self._next_character() != closing:
            raise NotArithmetic
        self._position += 1
        return value

    def _fraction(self, depth: int) -> Fraction:
        r"""Read `\frac` with its two arguments."""
        self._position += len(r"\frac")
        numerator = self._fraction_argument(depth)
        return bounded(numerator / self._fraction_argument(depth))

    def _fraction_argument(self, depth: int) -> Fraction:
        r"""Read one argument of `\frac`: a braced sum, or one digit."""
        character = self._next_character()
        if character == "{":
            return self._bracketed(depth)
        if character.isascii() and character.isdigit():
            # `\frac12` takes one digit for each argument.
            self._position += 1
            return Fraction(int(character))
        raise NotArithmetic

    def _number(self, depth: int) -> Fraction:
        """Read a number in any of the spellings."""
        # Inside brackets a comma separates entries: (1,234) is a pair.
        if depth == 0 and (grouped := self._take(_GROUPED)):
            return decimal(re.sub("[, ]", "", grouped.group()))
        # The strict spellings come first, as a plain number would match their beginning.
        if repeating := self._take(_REPEATING):
            return repeating_decimal(
                repeating["whole"], repeating["head"] or "", repeating["period"] or repeating["bracketed"]
            )
        if dotted := self._take(_DOTTED):
            return dotted_decimal(dotted["whole"], dotted["digits"])
        plain = self._take(_PLAIN)
        if plain is None:
            raise NotArithmetic
        value = decimal(plain.group(), plain.group("exponent"))
        return value + self._mixed_part(depth) if plain.group().isdigit() else value

    def _mixed_part(self, depth: int) -> Fraction:
        r"""Read the `\frac{1}{2}` or ` 1/2` of a mixed number, 0 where none follows.

        Only proper fractions can follow.
        """
        if tail := self._take(_MIXED_TAIL):
            part = Fraction(int(tail["numerator"]), int(tail["denominator"]))
        elif self._next_character() == "\\" and self._text.startswith(r"\frac", self._position):
            part = self._fraction(depth)
        else:
            return Fraction(0)
        if not 0 < part < 1:
            raise NotArithmetic
        return part

    def _next_character(self) -> str:
        """Return the next character that is no space, without consuming it; "" at the end."""
        self._skip_space()
        return self._text[self._position : self._position + 1]

    def _skip_space(self) -> None:
        """Move to the next character that is no space."""
        while self._text.startswith(" ", self._position):
            self._position += 1

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Consume and return a match of `pattern` at the position, None where there is none."""
        self._skip_space()
        match = pattern.match(self._text, self._position)
        if match:
            self._position = match.end()
        return match
