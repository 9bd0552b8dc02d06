"""Prover that compares scalar expressions with math-verify (Kydlíček et al., github.com/huggingface/Math-Verify).

Nothing here is bounded in time or memory: call it only in a process that may be killed. Both sides are re-written by
`expression.py` and read as LaTeX only; math-verify's plain-expression reader goes through sympy's `parse_expr`, which
executes what it reads.
"""

from __future__ import annotations

import math
from typing import Any

from factory.answers.comparison.expression import plain_latex
from factory.answers.comparison.latex_tokens import NotScalar
from factory.answers.comparison.scalars import ProofTask
from factory.answers.policy import AnswerPolicy
from factory.answers.values.match import Match, equal_if
from factory.answers.values.rounding import DOUBLE_DIGITS, DOUBLE_ERROR, significant_digits

# Digits beyond those that the expressions need, and the most that are computed.
_GUARD_DIGITS = 60
_MAX_DIGITS = 20_000
# Points at which expressions with variables are compared: the n-th variable is (p + n) / q.
_POINTS = ((7, 3), (-11, 5), (13, 17))
_POSITIVE_POINTS = ((7, 3), (13, 17), (23, 5))  # where logarithms are real


class Symbolic:
    """Prover (`scalars.Prover`) that asks math-verify and sympy. Slow, and unbounded in time and memory."""

    def __init__(self, policy: AnswerPolicy) -> None:
        self._policy = policy

    def __call__(self, gold: str, answer: str, *, task: ProofTask) -> Match:
        """Return whether `gold` and `answer` are the same. See `scalars.Prover` for the tasks.

        Args:
          gold: the gold expression, in normal form.
          answer: the expression of the answer, in normal form.
          task: what "the same" means.

        Returns:
          The match; `UNCLEAR` where one side is no expression that can be read in one way.
        """
        # Re-write both sides with the same names for the same variables.
        names: dict[str, str] = {}
        try:
            latex = [plain_latex(gold, names), plain_latex(answer, names)]
        except NotScalar:
            if self._policy.unevaluated != "any" or task != "equal":
                return Match.UNCLEAR
            # The policy lets math-verify evaluate what it can read, such as integrals.
            latex = [gold, answer]
        one, other = (_parsed(side) for side in latex)
        if one is None or other is None:
            return Match.UNCLEAR
        # Compare, as the task asks.
        if task == "proportional":
            return _proportional(one, other)
        if task == "apart":
            return equal_if(_is_apart(one, other))
        if task == "rounds":
            return _rounds(one, other, answer)
        if (match := _exact_for_rounded(one, other, gold, self._policy.rounded_gold_digits)) is not None:
            return match
        digits = self._policy.rounded_irrational_digits
        if digits and significant_digits(answer) >= digits and _rounds(one, other, answer) is Match.EQUAL:
            return Match.EQUAL
        return _equal(one, other)


def _equal(gold: Any, answer: Any) -> Match:
    """Compare two sympy expressions for equality."""
    from math_verify import verify

    if gold == answer:
        return Match.EQUAL
    if not _close(gold, answer):
        # Saves math-verify's `simplify`, which takes nearly all of the time.
        return Match.DIFFERENT
    # The order of the arguments matters to math-verify: gold first.
    return equal_if(bool(verify([gold], [answer], timeout_seconds=None)))


def _rounds(exact: Any, decimal: Any, written: str) -> Match:
    """Compare a number that was written as a decimal with the exact one: within one unit in its last place."""
    from sympy import N, Rational

    if exact.free_symbols or not decimal.is_Rational or not N(exact).is_finite:
        return Match.UNCLEAR
    last_place = Rational(1, 10 ** len(written.partition(".")[2]))
    return equal_if(bool(abs(N(exact - decimal, _GUARD_DIGITS + len(written))) < last_place))


def _exact_for_rounded(gold: Any, answer: Any, written: str, digits: int) -> Match | None:
    """Compare an irrational number with a gold that is a decimal, of which it may be the exact value; else None.

    Args:
      gold: the gold.
      answer: the answer.
      written: the gold as it is written.
      digits: so many significant digits are enough for a fraction; an irrational number needs one more, and is unclear
        with just as many: 3.14 for pi may have been asked for. 0 for never.
    """
    from sympy import N, Rational

    significant = significant_digits(written)
    if not digits or significant < digits or not gold.is_Rational or answer.free_symbols or answer.is_Rational:
        return None
    value = N(answer, 2 * _GUARD_DIGITS + len(written))
    if not value.is_finite or not value.is_real:
        return None
    last_place = Rational(1, 10 ** len(written.partition(".")[2]))
    left_out = abs(value) - abs(gold) if value * gold > 0 else abs(value - gold)
    if abs(left_out) < Rational(1, 10**_GUARD_DIGITS):
        # \log_2 8 for 3.00 is the very value.
        return None
    error = abs(value) * Rational(DOUBLE_ERROR)
    as_double = significant >= DOUBLE_DIGITS and (0 < left_out < last_place or abs(left_out) <= error)
    if abs(left_out) > last_place / 2 + error and not as_double:
        return None
    return Match.EQUAL if significant > digits else Match.UNCLEAR


def _parsed(latex: str) -> Any:
    """Return the sympy expression, None where math-verify reads none."""
    from math_verify import LatexExtractionConfig, parse
    from sympy import Basic, Float, I, MatrixBase, Rational

    readings = parse(
        rf"$\boxed{{{latex}}}$",
        extraction_config=[LatexExtractionConfig(boxed_match_priority=0)],
        fallback_mode="no_fallback",
        parsing_timeout=None,
    )
    if not readings or not isinstance(readings[0], Basic) or isinstance(readings[0], MatrixBase):
        return None
    # i is the imaginary unit, and decimals are exact.
    expression = readings[0].doit()
    imaginary = {symbol: I for symbol in expression.free_symbols if symbol.name == "i"}
    floats = {number: Rational(str(number)) for number in expression.atoms(Float)}
    return expression.xreplace(imaginary | floats)


def _proportional(gold: Any, answer: Any) -> Match:
    """Compare two equations, each given as the expression that it sets to zero.

    They have the same solutions if one expression is a multiple of the other by a number other than 0.
    """
    from sympy import simplify

    if not gold.free_symbols:
        return Match.UNCLEAR
    if gold.free_symbols != answer.free_symbols:
        return Match.DIFFERENT
    ratio = simplify(gold / answer)
    return equal_if(bool(ratio.is_number and ratio.is_finite and ratio != 0))


def _is_apart(gold: Any, answer: Any) -> bool:
    """Return whether the difference of both is the same at every point tried."""
    from sympy import Rational

    symbols = sorted(gold.free_symbols | answer.free_symbols, key=str)
    points = [{symbol: Rational(first + n, q) for n, symbol in enumerate(symbols)} for first, q in _POSITIVE_POINTS]
    first = points[0]
    return not any(
        _differ(gold.xreplace(point) + answer.xreplace(first), answer.xreplace(point) + gold.xreplace(first))
        for point in points[1:]
    )


def _close(gold: Any, answer: Any) -> bool:
    """Return whether both have the same value, to more digits than they are written with, at every point tried."""
    from sympy import Rational

    symbols = sorted(gold.free_symbols | answer.free_symbols, key=str)
    for first, divisor in _POINTS if symbols else _POINTS[:1]:
        point = {symbol: Rational(first + n, divisor) for n, symbol in enumerate(symbols)}
        if _differ(gold.xreplace(point), answer.xreplace(point)):
            return False
    return True


def _differ(gold: Any, answer: Any) -> bool:
    """Return whether two numbers surely differ. What has no value, such as 1/0, differs from every number."""
    from sympy import N, Rational

    # Enough digits for the difference to show, whatever cancels out.
    digits = min(_MAX_DIGITS, _digits(gold) + _digits(answer)) + _GUARD_DIGITS
    values = [N(side, digits) for side in (gold, answer)]
    if not all(value.is_finite for value in values):
        return bool(values[0] != values[1])
    difference, scale = abs(values[0] - values[1]), max(abs(value) for value in values)
    return bool(difference > scale * Rational(1, 10 ** (digits - _GUARD_DIGITS // 3)))


def _digits(expression: Any) -> int:
    """Return how many digits the comparison of an expression needs.

    These are the digits of the numbers in it, and the decimals behind which its powers can begin.
    """
    from sympy import Pow, Rational, exp

    bits = sum(n.p.bit_length() + n.q.bit_length() for n in expression.atoms(Rational))
    for power in expression.atoms(Pow, exp):
        base, exponent = power.as_base_exp()
        if base.is_number and exponent.is_number and base != 0:
            size = abs(complex(exponent.evalf(15)))
            bits += int(min(4 * _MAX_DIGITS, size * (abs(math.log2(abs(complex(base.evalf(15))) or 1)) + 1)))
    return int(bits * math.log10(2)) + 1


def warm_up() -> None:
    """Import math-verify and build its parser's tables, so that a process forked afterwards need not."""
    Symbolic(AnswerPolicy())(r"\sqrt{8}", r"2\sqrt{2}", task="equal")
