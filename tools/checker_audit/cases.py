"""Cases for auditing an answer checker: a gold answer, a prediction, and what the checker has to say of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from factory.errors import BadInput
from factory.readers.source_files import text_lines
from factory.types import Outcome, Question

FORMS = ("bare", "full")
_NAMES = ", ".join(Outcome)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Case of an audit.

    * `text`: completion to check: the prediction itself, or in a box when it is bare.
    * `expected`: True for `correct`, False for anything else, an outcome for just that one; None when it is debatable.
    """

    id: str
    kind: str
    question: Question
    prediction: str
    text: str
    expected: bool | Outcome | None

    def is_met_by(self, outcome: Outcome) -> bool:
        """Return True when `outcome` is as expected."""
        if isinstance(self.expected, bool):
            return (outcome is Outcome.CORRECT) == self.expected
        return outcome is self.expected

    @property
    def is_right(self) -> bool:
        """Return True when the prediction is a right answer."""
        return self.expected is True or self.expected is Outcome.CORRECT


def read_cases(path: str) -> list[Case]:
    """Read the cases of a JSON Lines file, compressed or not. Raises `BadInput` naming the first bad line."""
    cases = [_case(line, f"{name}, line {number}", number) for name, number, line in text_lines(path) if line.strip()]
    if not cases:
        raise BadInput(f"{path} holds no cases; expected one JSON object per line")
    return cases


def _case(line: str, where: str, number: int) -> Case:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{where}: not JSON ({error}); expected one JSON object per line; mend or remove it") from None
    if not isinstance(row, dict):
        raise BadInput(f"{where}: got JSON that is no object; expected one with gold, prediction, expected and kind")
    gold, prediction, kind = (_text(row, name, where) for name in ("gold", "prediction", "kind"))
    form = row.get("form", "bare")
    if form not in FORMS:
        raise BadInput(f"{where}: form is {form!r}; expected one of {', '.join(FORMS)}")
    question = Question(
        text=_text(row, "question", where, ""),
        gold=gold,
        source="cases",
        metadata=_metadata(row.get("metadata", {}), where),
        id=f"line {number}",
    )
    return Case(
        id=str(row.get("id", f"line {number}")),
        kind=kind,
        question=question,
        prediction=prediction,
        text=prediction if form == "full" else rf"\boxed{{{prediction}}}",
        expected=_expected(row, where),
    )


def _text(row: Mapping[str, Any], name: str, where: str, default: str | None = None) -> str:
    value = row.get(name, default)
    if not isinstance(value, str):
        got = repr(value)[:40] if name in row else "missing"
        raise BadInput(f"{where}: {name!r} is {got}; expected text; mend or remove the line")
    return value


def _expected(row: Mapping[str, Any], where: str) -> bool | Outcome | None:
    match row.get("expected", "missing"):
        case bool() | None as expected:
            return expected
        case str() as name if name in list(Outcome):
            return Outcome(name)
    got = repr(row["expected"])[:40] if "expected" in row else "missing"
    raise BadInput(f"{where}: 'expected' is {got}; expected true, false, null for debatable, or one of {_NAMES}")


def _metadata(given: Any, where: str) -> dict[str, str]:
    """Return metadata as text: values that are no text become JSON, as a source's metadata columns do."""
    if not isinstance(given, dict):
        raise BadInput(f"{where}: 'metadata' is {given!r:.40}; expected an object")
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in given.items()
        if value is not None
    }
