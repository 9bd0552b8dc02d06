"""The slow path: symbolic equality by math-verify (Kydlíček et al., github.com/huggingface/Math-Verify).

Nothing here is bounded in time or memory: call it only in a process that may be killed. Both sides are read as
LaTeX only; math-verify's plain-expression reader goes through sympy's `parse_expr`, which executes what it reads.
"""

from __future__ import annotations

from typing import Any

_DIGITS = 40
_RELATIVE_PRECISION = 1e-30


def symbolically_equal(gold: str, answer: str) -> bool | None:
    """Whether the two LaTeX answers are equal; None where either cannot be parsed."""
    from math_verify import LatexExtractionConfig, parse, verify

    sides: list[list[Any]] = []
    for latex in (gold, answer):
        parsed = parse(
            rf"$\boxed{{{latex}}}$",
            extraction_config=[LatexExtractionConfig(boxed_match_priority=0)],
            fallback_mode="no_fallback",
            parsing_timeout=None,
        )
        sides.append([_rational(expression) for expression in parsed])
    gold_side, answer_side = sides
    if not gold_side or not answer_side:
        return None
    if _is_number(gold_side[0]) and _is_number(answer_side[0]) and not _close(gold_side[0], answer_side[0]):
        return False  # saves math-verify's `simplify`, nearly all of the time of a wrong number
    # The order of the arguments matters to math-verify: gold first.
    if not verify(gold_side, answer_side, timeout_seconds=None):
        return False
    return any(_really_equal(g, a) for g in gold_side for a in answer_side)


def _rational(expression: Any) -> Any:
    """`expression` with its decimals made exact: math-verify compares floats to six decimals, however small."""
    from sympy import Float, Rational

    try:
        return expression.xreplace({f: Rational(str(f)) for f in expression.atoms(Float)})
    except (AttributeError, TypeError):
        return expression


def _really_equal(gold: Any, answer: Any) -> bool:
    """Re-check an "equal" verdict by relative precision, element by element: 1e-7 is not 2e-7."""
    from sympy import FiniteSet, Interval, MatrixBase, Tuple, ordered

    if gold == answer:
        return True
    if isinstance(gold, MatrixBase) and isinstance(answer, MatrixBase):
        return _all_equal(gold.flat(), answer.flat())
    containers = (FiniteSet, Tuple, Interval)
    if isinstance(gold, containers) and isinstance(answer, containers):
        if isinstance(gold, FiniteSet) or isinstance(answer, FiniteSet):
            return _all_equal(list(ordered(gold.args)), list(ordered(answer.args)))
        return (
            _all_equal(gold.args[:2], answer.args[:2])
            if isinstance(gold, Interval)
            else _all_equal(gold.args, answer.args)
        )
    if _is_number(gold) and _is_number(answer):
        return _close(gold, answer)
    return True  # symbols: math-verify's own decision stands


def _all_equal(gold: Any, answer: Any) -> bool:
    return len(gold) == len(answer) and all(_really_equal(g, a) for g, a in zip(gold, answer, strict=True))


def _is_number(expression: Any) -> bool:
    return getattr(expression, "is_number", False) is True and getattr(expression, "is_finite", False) is True


def _close(gold: Any, answer: Any) -> bool:
    from sympy import N

    difference = abs(complex(N(gold.doit() - answer.doit(), _DIGITS)))
    scale = max(abs(complex(N(gold.doit(), _DIGITS))), abs(complex(N(answer.doit(), _DIGITS))))
    return bool(difference <= _RELATIVE_PRECISION * scale)


def warm_up() -> None:
    """Import math-verify and build its parser's tables, so that a process forked afterwards need not."""
    symbolically_equal(r"\sqrt{8}", r"2\sqrt{2}")
