"""The slow path: equality of scalar expressions by math-verify (Kydlíček et al., github.com/huggingface/Math-Verify).

Nothing here is bounded in time or memory: call it only in a process that may be killed. Both sides are re-written by
`expression.py` and read as LaTeX only; math-verify's plain-expression reader goes through sympy's `parse_expr`, which
executes what it reads.
"""

from __future__ import annotations

import math
import re
from typing import Any

from factory.answers.comparison.expression import plain_latex
from factory.answers.comparison.latex_tokens import NotScalar
from factory.answers.comparison.scalars import Task
from factory.answers.policy import Policy
from factory.answers.values.match import Match, equal_if

_GUARD_DIGITS = 60
_MAX_DIGITS = 20_000
_POINTS = ((7, 3), (-11, 5), (13, 17))  # where variables are tried: the n-th gets (p + n) / q


class Symbolic:
    """A `compare.Prover`."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def __call__(self, gold: str, answer: str, *, task: Task) -> Match:
        names: dict[str, str] = {}
        try:
            latex = [plain_latex(gold, names), plain_latex(answer, names)]
        except NotScalar:
            if self._policy.unevaluated != "any" or task != "equal":
                return Match.UNCLEAR
            latex = [gold, answer]
        one, other = (_parsed(side) for side in latex)
        if one is None or other is None:
            return Match.UNCLEAR
        if task == "proportional":
            return _proportional(one, other)
        if task == "rounds":
            return _rounds(one, other, answer)
        digits = self._policy.rounded_irrational_digits
        if digits and _significant_digits(answer) >= digits and _rounds(one, other, answer) is Match.EQUAL:
            return Match.EQUAL
        return _equal(one, other)


def _equal(gold: Any, answer: Any) -> Match:
    from math_verify import verify

    if gold == answer:
        return Match.EQUAL
    if not _close(gold, answer):
        return Match.DIFFERENT  # saves math-verify's `simplify`, nearly all of the time
    # The order of the arguments matters to math-verify: gold first.
    return equal_if(bool(verify([gold], [answer], timeout_seconds=None)))


def _rounds(exact: Any, decimal: Any, written: str) -> Match:
    """Whether a number, written as a decimal, is within one unit in its last place of the exact one."""
    from sympy import N, Rational

    if exact.free_symbols or not decimal.is_Rational or not N(exact).is_finite:
        return Match.UNCLEAR
    last_place = Rational(1, 10 ** len(written.partition(".")[2]))
    return equal_if(bool(abs(N(exact - decimal, _GUARD_DIGITS + len(written))) < last_place))


def _significant_digits(written: str) -> int:
    """Of a decimal; 0 for anything else."""
    if not re.fullmatch(r"-?\d*\.\d+", written):
        return 0
    return len(written.replace(".", "").lstrip("-0"))


def _parsed(latex: str) -> Any:
    """The sympy expression, None where math-verify reads none."""
    from math_verify import LatexExtractionConfig, parse
    from sympy import Basic, Float, I, MatrixBase, Rational

    found = parse(
        rf"$\boxed{{{latex}}}$",
        extraction_config=[LatexExtractionConfig(boxed_match_priority=0)],
        fallback_mode="no_fallback",
        parsing_timeout=None,
    )
    if not found or not isinstance(found[0], Basic) or isinstance(found[0], MatrixBase):
        return None
    expression = found[0].doit()
    imaginary = {symbol: I for symbol in expression.free_symbols if symbol.name == "i"}
    floats = {number: Rational(str(number)) for number in expression.atoms(Float)}
    return expression.xreplace(imaginary | floats)


def _proportional(gold: Any, answer: Any) -> Match:
    """Whether two equations, each "this is zero", have the same solutions because one is a multiple of the other."""
    from sympy import simplify

    if not gold.free_symbols:
        return Match.UNCLEAR
    if gold.free_symbols != answer.free_symbols:
        return Match.DIFFERENT
    ratio = simplify(gold / answer)
    return equal_if(bool(ratio.is_number and ratio.is_finite and ratio != 0))


def _close(gold: Any, answer: Any) -> bool:
    """Whether both have the same value, to more digits than they are written with, wherever they are tried."""
    from sympy import Rational

    symbols = sorted(gold.free_symbols | answer.free_symbols, key=str)
    for first, divisor in _POINTS if symbols else _POINTS[:1]:
        point = {symbol: Rational(first + n, divisor) for n, symbol in enumerate(symbols)}
        if _differ(gold.xreplace(point), answer.xreplace(point)):
            return False
    return True


def _differ(gold: Any, answer: Any) -> bool:
    """Whether two numbers surely differ. What has no value, such as 1/0, differs from every number."""
    from sympy import N, Rational

    digits = min(_MAX_DIGITS, _digits(gold) + _digits(answer)) + _GUARD_DIGITS
    values = [N(side, digits) for side in (gold, answer)]
    if not all(value.is_finite for value in values):
        return bool(values[0] != values[1])
    difference, scale = abs(values[0] - values[1]), max(abs(value) for value in values)
    return bool(difference > scale * Rational(1, 10 ** (digits - _GUARD_DIGITS // 3)))


def _digits(expression: Any) -> int:
    """How many digits the numbers in the expression have, and how many decimals its powers can begin behind."""
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
    Symbolic(Policy())(r"\sqrt{8}", r"2\sqrt{2}", task="equal")
