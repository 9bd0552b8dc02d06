"""From lines of other people's step-labelled data sets to records: what all of `factory/formats/*.parse` share.

A line is read strictly: whatever is not as its format has it is one `BadInput` beginning with where it stands. What
has no place of its own in a record is kept as JSON text in its `metadata`, under the format's name, so that the line
can be written again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn, TypeVar

from factory.errors import BadInput
from factory.labelling.step_labels import first_error_of
from factory.records.record import COST, SCHEMA, SCHEMA_VERSION, SOLUTION, TREE_NODE
from factory.types import Question, content_id

MAX_NESTING = 400  # json stops near 1,000 levels, counted with the caller's own: stay well below wherever it is called
MAX_CHARACTERS = 1 << 25  # of a record's solutions; a long step with many alternatives stands in each of them
KINDS: dict[type, str] = {str: "string", list: "array", dict: "object"}
# Every field, so that a row reads the same before it is written and after.
NO_COST = dict.fromkeys([part.name for part in COST], 0)
UNKNOWN_SOLUTION = dict.fromkeys([part.name for part in SOLUTION])
UNKNOWN_NODE = dict.fromkeys([part.name for part in TREE_NODE])
UNKNOWN = dict.fromkeys(SCHEMA.names)
T = TypeVar("T")


def refuse(where: str, got: str, expected: str) -> NoReturn:
    """Raise the `BadInput` of a malformed line."""
    raise BadInput(f"{where}: {got}; expected {expected}; mend or remove the line") from None


def shown(value: object) -> str:
    """A value as an error shows it: short, on one line."""
    if isinstance(value, (dict, list)):
        return f"a JSON {'object' if isinstance(value, dict) else 'array'}"
    text = "null" if value is None else ascii(value)
    return text if len(text) <= 60 else text[:59] + "…"


def json_object(line: str, where: str) -> dict[str, Any]:
    """The JSON object of a line, finite numbers and whole Unicode characters only. Raises `BadInput`."""
    try:
        value = json.loads(line, parse_constant=_finite, parse_float=_finite)
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        refuse(where, f"the character {error.object[error.start]!a} is half a surrogate pair", "valid Unicode")
    except json.JSONDecodeError as error:
        refuse(where, f"not JSON ({error.msg}, column {error.colno})", "one JSON object per line")
    except (ValueError, RecursionError) as error:
        refuse(where, f"JSON that cannot be read ({error})", "finite numbers and little nesting")
    if not isinstance(value, dict):
        refuse(where, f"got {shown(value)}", "a JSON object")
    if _nesting(value) > MAX_NESTING:
        refuse(where, f"JSON nested more than {MAX_NESTING} levels deep", "less nesting")
    return value


def _finite(literal: str) -> float:
    number = float(literal)
    if not math.isfinite(number):
        raise ValueError(f"the number {literal[:20]} is not finite")
    return number


def _nesting(value: object) -> int:
    depth, level = 0, [value]
    while level:
        depth += 1
        containers = [item for item in level if isinstance(item, (dict, list))]
        level = [inner for item in containers for inner in (item.values() if isinstance(item, dict) else item)]
    return depth


def member(holder: Mapping[str, Any], key: str, kind: type[T], where: str, what: str) -> T:
    """`holder[key]`, which has to be there and of that kind. Raises `BadInput` saying what and where."""
    if key not in holder:
        refuse(where, f"{what} has no {key!r}", f"a JSON {KINDS[kind]} under that key")
    value = holder[key]
    if not isinstance(value, kind):
        refuse(where, f"{key!r} of {what} is {shown(value)}", f"a JSON {KINDS[kind]}")
    return value


def objects(items: Sequence[object], where: str, what: str) -> list[dict[str, Any]]:
    """The items of an array that has to hold objects only."""
    for item in items:
        if not isinstance(item, dict):
            refuse(where, f"one of {what} is {shown(item)}", "JSON objects")
    return list(items)  # type: ignore[arg-type]


def question_text(holder: Mapping[str, Any], key: str, where: str, what: str) -> str:
    text = member(holder, key, str, where, what)
    if not text.strip():
        refuse(where, f"{key!r} of {what} is empty", "the text of a question")
    return text


def optional_text(holder: Mapping[str, Any], key: str, where: str, what: str) -> str:
    """Text, "" for null or a key that is not there."""
    return "" if holder.get(key) is None else member(holder, key, str, where, what)


def step(text: str, label: int | None, mc_value: float | None = None) -> dict[str, Any]:
    """A step as somebody labelled it: by how many trials, and how sure, nobody says."""
    return {
        "text": text,
        "n_trials": None,
        "n_successes": None,
        "mc_value": mc_value,
        "label": label,
        "confidence": None,
    }


def solution(
    question: Question,
    steps: Sequence[Mapping[str, Any]],
    *,
    text: str | None = None,
    final_answer: str | None = None,
    verdict: str | None = None,
) -> dict[str, Any]:
    """A solution of `question`; without a `text` of its own its steps stand on lines of their own."""
    whole = "\n".join(item["text"] for item in steps) if text is None else text
    return {
        **UNKNOWN_SOLUTION,
        "solution_id": content_id(question.id, whole.rstrip()),
        "text": whole,
        "steps": list(steps),
        "final_answer": final_answer,
        "verdict": verdict,
        "first_error": first_error_of([item["label"] for item in steps]),
        "labeller": question.source,
        "method": "imported",
        "start_depth": 0,
        "occurrences": 1,
        "hinted": False,
        "round": 0,
    }


def row(
    question: Question,
    solutions: Iterable[dict[str, Any]],
    rest: object,
    where: str,
    tree: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The row of a line. `rest` is what else is needed to write the line again.

    The same solution with the same labels, given twice, is one that occurred twice.
    """
    found: dict[tuple[object, ...], dict[str, Any]] = {}
    characters = 0
    for item in solutions:
        key = (item["text"], *((part["text"], part["label"]) for part in item["steps"]))
        if key in found:
            found[key]["occurrences"] += 1
            continue
        found[key] = item
        characters += len(item["text"])
        if characters > MAX_CHARACTERS:
            refuse(where, f"its solutions have more than {MAX_CHARACTERS:,} characters", "a question's few solutions")
    return {
        **UNKNOWN,
        "question_id": question.id,
        "source": question.source,
        "question": question.text,
        "gold_answer": question.gold,
        "answer_kind": question.answer_kind,
        "metadata": [(question.source, json.dumps(rest, ensure_ascii=False))],
        "solutions": list(found.values()),
        "tree": list(tree),
        "cost": NO_COST,
        "status": "ok",
        "schema_version": SCHEMA_VERSION,
    }


def kept(record: Mapping[str, Any], name: str) -> Any:
    """What `row` kept of a line of format `name`; None for a record that did not come from one."""
    text = dict(record["metadata"] or ()).get(name) if record["source"] == name else None
    return None if text is None else json.loads(text)
