"""Records made of lines of other people's step-labelled data sets: shared by all `parse` of `factory/formats/`.

* A line is read strictly: anything that is not as its format says is a `BadInput` that begins with its place.
* Fields of a line that have no place in a record are kept as JSON text in the record's `metadata`, under the format's
  name. So the line can be written again.
* Nobody says how an imported label came about: counts and confidences are null.

Arguments that all functions share: `where` is the place of the line (file and line number), for messages; `what` names
the part of the line that is read ("step 3"), for messages, too.
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

# Levels of JSON. The parser stops near 1,000, counted together with the caller's own calls: stay well below.
MAX_NESTING = 400
# Characters of a record's solutions. One long step with many alternatives is repeated in each of their solutions.
MAX_CHARACTERS = 1 << 25
KINDS: dict[type, str] = {str: "string", list: "array", dict: "object"}
# All fields of a row, as null: so a row is the same before it is written and after it is read back.
NO_COST = {**dict.fromkeys([part.name for part in COST], 0), "roles": []}
UNKNOWN_SOLUTION = dict.fromkeys([part.name for part in SOLUTION])
UNKNOWN_NODE = dict.fromkeys([part.name for part in TREE_NODE])
UNKNOWN = dict.fromkeys(SCHEMA.names)
T = TypeVar("T")


def refuse(where: str, got: str, expected: str) -> NoReturn:
    """Raise the `BadInput` of a malformed line.

    Args:
      where: place of the line.
      got: what the line has.
      expected: what its format says instead.
    """
    raise BadInput(f"{where}: {got}; expected {expected}; mend or remove the line") from None


def shown(value: object) -> str:
    """Return a value as an error message shows it: short, on one line."""
    if isinstance(value, (dict, list)):
        return f"a JSON {'object' if isinstance(value, dict) else 'array'}"
    text = "null" if value is None else ascii(value)
    return text if len(text) <= 60 else text[:59] + "…"


def json_object(line: str, where: str) -> dict[str, Any]:
    """Return the JSON object of a line. Raises `BadInput`, also for NaN, infinity and half a surrogate pair."""
    try:
        value = json.loads(line, parse_constant=_finite, parse_float=_finite)
        # Half a surrogate pair can be parsed but not be written as UTF-8.
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
    """Return how many levels of arrays and objects a value has, level by level, without recursion."""
    depth, level = 0, [value]
    while level:
        depth += 1
        containers = [item for item in level if isinstance(item, (dict, list))]
        level = [inner for item in containers for inner in (item.values() if isinstance(item, dict) else item)]
    return depth


def member(holder: Mapping[str, Any], key: str, kind: type[T], where: str, what: str) -> T:
    """Return `holder[key]`, which has to be there and of the given type.

    Args:
      holder: JSON object to read from.
      key: key of it.
      kind: type of the value: `str`, `list` or `dict`.
      where: place of the line.
      what: name of `holder` in messages.

    Raises:
      BadInput: the key is missing, or its value has another type.
    """
    if key not in holder:
        refuse(where, f"{what} has no {key!r}", f"a JSON {KINDS[kind]} under that key")
    value = holder[key]
    if not isinstance(value, kind):
        refuse(where, f"{key!r} of {what} is {shown(value)}", f"a JSON {KINDS[kind]}")
    return value


def objects(items: Sequence[object], where: str, what: str) -> list[dict[str, Any]]:
    """Return the items of an array that has to hold objects only.

    Args:
      items: the array.
      where: place of the line.
      what: name of the array in messages.

    Raises:
      BadInput: an item is something else.
    """
    for item in items:
        if not isinstance(item, dict):
            refuse(where, f"one of {what} is {shown(item)}", "JSON objects")
    return list(items)  # type: ignore[arg-type]


def question_text(holder: Mapping[str, Any], key: str, where: str, what: str) -> str:
    """Return the text of a question: `member` of type `str` that is not empty.

    Args:
      holder: JSON object to read from.
      key: key of it.
      where: place of the line.
      what: name of `holder` in messages.

    Raises:
      BadInput: there is no text, or only white space.
    """
    text = member(holder, key, str, where, what)
    if not text.strip():
        refuse(where, f"{key!r} of {what} is empty", "the text of a question")
    return text


def optional_text(holder: Mapping[str, Any], key: str, where: str, what: str) -> str:
    """Return a text that may be missing: "" for null or a key that is not there.

    Args:
      holder: JSON object to read from.
      key: key of it.
      where: place of the line.
      what: name of `holder` in messages.

    Raises:
      BadInput: the value is neither text nor null.
    """
    return "" if holder.get(key) is None else member(holder, key, str, where, what)


def step(text: str, label: int | None, mc_value: float | None = None) -> dict[str, Any]:
    """Return a labelled step of a record. Number of trials and confidence are null, as the data set does not say them.

    Args:
      text: text of the step.
      label: 1 for right, -1 for wrong, None for unknown.
      mc_value: share of right rollouts from behind the step, where the data set has it.
    """
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
    """Return a solution of a record.

    Args:
      question: question it belongs to.
      steps: its steps, as `step` makes them.
      text: whole text; None to put the steps together, each on a line of its own.
      final_answer: answer it states.
      verdict: "correct", "incorrect", or None when nobody judged it.
    """
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
    """Return the row of a line. The same solution with the same labels, given twice, is one that occurred twice.

    Args:
      question: question of the line.
      solutions: its solutions, as `solution` makes them; read lazily.
      rest: what else is needed to write the line again, as JSON.
      where: place of the line.
      tree: nodes of its search tree, where the format has one.

    Raises:
      BadInput: the solutions have more than `MAX_CHARACTERS`.
    """
    # Equal solutions are counted together.
    distinct: dict[tuple[object, ...], dict[str, Any]] = {}
    characters = 0
    for item in solutions:
        key = (item["text"], *((part["text"], part["label"]) for part in item["steps"]))
        if key in distinct:
            distinct[key]["occurrences"] += 1
            continue
        distinct[key] = item
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
        "solutions": list(distinct.values()),
        "tree": list(tree),
        "cost": NO_COST,
        "status": "ok",
        "schema_version": SCHEMA_VERSION,
    }


def kept(record: Mapping[str, Any], name: str) -> Any:
    """Return the `rest` that `row` kept of a line of format `name`; None for a record that was not made of one."""
    text = dict(record["metadata"] or ()).get(name) if record["source"] == name else None
    return None if text is None else json.loads(text)
