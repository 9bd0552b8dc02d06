"""Comparison of what a program left with what the test expects."""

from __future__ import annotations

import ast
import json
import math
from collections.abc import Mapping
from typing import Any

from factory.python_tests.evaluate import Raised, evaluate
from factory.python_tests.operations import PYTHON_ERRORS, Unsupported, ValueTooLarge
from factory.python_tests.reading import StdinTest
from factory.python_tests.stdout import ROUNDED, same_but_for_rounding, same_output
from factory.python_tests.take_apart import CallTest
from factory.python_tests.wire import ItemBudget, NotPlain, Opaque, decode
from factory.sandbox.run import Ended, Limits
from factory.types import Outcome, PartVerdict

_SHOWN_CHARS = 80
_ROUNDED_ONLY = "differs in a rounding only; set checker.float_tolerance"


def printed(ended: Ended, test: StdinTest, limits: Limits, *, compare: str, float_tolerance: float) -> PartVerdict:
    """Judge a program that came to its own end by what it printed.

    Args:
      ended: report of the sandbox.
      test: what it should have printed.
      limits: bounds of the program, for the note.
      compare: as in `same_output`.
      float_tolerance: as in `same_output`.
    """
    if ended.status:
        return _incorrect(_last_words(ended, limits) or f"exit status {ended.status}")
    text = ended.stdout.decode("utf-8", "replace")
    if same_output(text, test.stdout, compare=compare, float_tolerance=float_tolerance):
        return PartVerdict(outcome=Outcome.CORRECT)
    note = f"printed {_shown(text)}, expected {_shown(test.stdout)}"
    if compare != "exact" and same_but_for_rounding(text, test.stdout):
        return PartVerdict(outcome=Outcome.UNPARSABLE, note=f"{note}, which {_ROUNDED_ONLY}")
    return _incorrect(note)


def returned(ended: Ended, test: CallTest, limits: Limits, *, float_tolerance: float) -> PartVerdict:
    """Judge a process that came to its own end by what its calls returned.

    Args:
      ended: report of the sandbox; its stdout holds the results.
      test: calls, and what must hold of their results.
      limits: bounds of the process, for the note.
      float_tolerance: as in `same_output`; for tests from JSON.
    """
    answers = _answers(ended.stdout, len(test.calls), limits)
    if answers is None:
        return _incorrect(_last_words(ended, limits) or f"exit status {ended.status} without a result")
    names = {f"@{number}": _without_tuples(one) if test.from_json else one for number, one in enumerate(answers)}
    try:
        if evaluate(test.expression, names):
            return PartVerdict(outcome=Outcome.CORRECT)
        return _nearly(test, names, float_tolerance) or _incorrect(
            _difference(test.expression, names) or f"not so: {test.source}"
        )
    except Raised as error:
        # A call that raised is the candidate's fault, what cannot be compared is nobody's.
        return _incorrect(str(error))
    except NotPlain as error:
        return PartVerdict(outcome=Outcome.UNPARSABLE if error.comparable else Outcome.INCORRECT, note=str(error))
    except ValueTooLarge as error:
        return PartVerdict(outcome=Outcome.UNPARSABLE, note=f"too large to evaluate: {error}")
    except Unsupported as error:
        return PartVerdict(outcome=Outcome.ERROR, note=f"the test cannot be evaluated: {error}")
    except PYTHON_ERRORS as error:
        return _incorrect(f"{type(error).__name__} in the test: {error}")


def _nearly(test: CallTest, names: Mapping[str, Any], tolerance: float) -> PartVerdict | None:
    """Return the verdict on a result that differs from the expected one in its form or a rounding alone, else None.

    Those are right within the tolerance; else nobody can tell, as data sets round results and put them into lists.
    """
    match test.expression:
        case ast.Compare(ast.Name(name), [ast.Eq()], [ast.Constant(wanted)]) if test.from_json:
            got = names[name]
        case _:
            return None
    if tolerance and _near(got, wanted, tolerance):
        return PartVerdict(outcome=Outcome.CORRECT)
    if _near(got, wanted, ROUNDED):
        why = _ROUNDED_ONLY
    elif _near([got], wanted, tolerance):
        why = "stands in a list of its own; set checker.unwrap_outputs=true where all do"
    else:
        return None
    return PartVerdict(outcome=Outcome.UNPARSABLE, note=f"{_difference(test.expression, dict(names))}, which {why}")


def _near(got: Any, wanted: Any, tolerance: float) -> bool:
    """Return True for equal data, where a float may differ by no more than the tolerance, absolutely or relatively."""
    match got, wanted:
        case list(), list():
            return len(got) == len(wanted) and all(
                _near(one, other, tolerance) for one, other in zip(got, wanted, strict=True)
            )
        case dict(), dict():
            return got.keys() == wanted.keys() and all(_near(got[key], wanted[key], tolerance) for key in got)
    if float in (type(got), type(wanted)) and {type(got), type(wanted)} <= {int, float}:
        return math.isfinite(wanted) and math.isclose(got, wanted, rel_tol=tolerance, abs_tol=tolerance)
    return bool(got == wanted)


def _answers(payload: bytes, count: int, limits: Limits) -> list[Any] | None:
    """Return what each call returned, or a `Raised`; None where the process did not say, or not in the agreed form."""
    try:
        answers = json.loads(payload)
        if len(answers) != count:
            return None
        budget = ItemBudget()
        return [_answer(kind, said, limits, budget) for kind, said in answers]
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None


def _answer(kind: str, said: Any, limits: Limits, budget: ItemBudget) -> Any:
    """Return the data of one answer, a `Raised`, or an `Opaque` for what is not plain."""
    if kind != "returned":
        return Raised(_named_limit(str(said), limits))
    try:
        return decode(said, budget)
    except NotPlain as error:
        # Too large, or the key of a dict, where it would have to be compared.
        return Opaque(error.name, error.comparable)


def _last_words(ended: Ended, limits: Limits) -> str:
    """Return the exception in the last line of a traceback, empty where there is none."""
    lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
    return _named_limit(lines[-1], limits) if lines and "Traceback" in ended.stderr.decode("utf-8", "replace") else ""


def _named_limit(exception: str, limits: Limits) -> str:
    """Return an exception's text, with the memory limit where that was the reason."""
    return f"memory limit {limits.memory_mb} MB ({exception})" if exception.startswith("MemoryError") else exception


def _incorrect(note: str) -> PartVerdict:
    """Return an incorrect verdict with a note."""
    return PartVerdict(outcome=Outcome.INCORRECT, note=note)


def _difference(expression: ast.expr, names: dict[str, Any]) -> str:
    """Return what an equality got and expected, empty for other expressions."""
    match expression:
        case ast.Compare(left, [ast.Eq()], [right]):
            sides = [(side, _shown(evaluate(side, names))) for side in (left, right)]
            sides.sort(key=lambda side: "@" not in ast.dump(side[0]))
            return f"got {sides[0][1]}, expected {sides[1][1]}"
        case ast.Name():
            return f"got {_shown(names[expression.id])}, expected it to be true"
    return ""


def _shown(value: Any) -> str:
    """Return the beginning of a value's repr."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        # An integer beyond the limit on decimal digits.
        return f"data of type {type(value).__name__}, too long to show"
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS] + "…"


def _without_tuples(value: Any) -> Any:
    """Return data with a list for every tuple, as JSON has none."""
    match value:
        case list() | tuple():
            return [_without_tuples(item) for item in value]
        case dict():
            return {key: _without_tuples(item) for key, item in value.items()}
    return value
