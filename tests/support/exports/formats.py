"""Checks for every format that can be read back: nothing is lost, and malformed input is refused in one clear line."""

from __future__ import annotations

import copy
import json
from types import ModuleType
from typing import Any

from hypothesis import strategies as st

from factory.errors import BadInput
from factory.records.record import to_batch
from factory.records.tally import tally

WHERE = "file.jsonl, line 7"
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
WORDS = st.text("ab1 \n", min_size=1, max_size=8)
VALUES = st.one_of(st.sampled_from([0, 1, 0.0, 1.0, 0.5, 0.0625]), st.floats(0, 1))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
HOSTILE = [
    "",
    "null",
    "[1]",
    '"text"',
    "{",
    "{}",
    "[" * 100_000,
    '{"a":' * 450 + "1" + "}" * 450,
    '{"a": ' + "1" * 5000 + "}",
    '{"a": NaN}',
    '{"a": 1e999}',
    '{"a": "\\ud83d"}',
]


def written(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record as it comes back from Arrow."""
    assert tally([record]).questions == 1
    [back] = to_batch([record]).to_pylist()
    return back


def parsed(view: ModuleType, entry: object) -> dict[str, Any]:
    """Return the record that a format makes of an entry, as it comes back from Arrow."""
    return written(view.parse(json.dumps(entry), WHERE))


def assert_comes_back(view: ModuleType, entry: dict[str, Any]) -> None:
    """Check that the line of an entry is written again as it was, including the order of its keys."""
    [again] = view.rows(parsed(view, entry))
    assert again == entry
    assert list(again) == list(entry)


def assert_equal_or_refused(view: ModuleType, line: str) -> None:
    """Check that a line is either read and written again equal, or refused in one line that names its place."""
    try:
        record = view.parse(line, WHERE)
    except BadInput as error:
        complaint = str(error)
    else:
        [again] = view.rows(written(record))
        assert again == json.loads(line)
        return
    assert complaint.startswith(f"{WHERE}: ")
    assert "\n" not in complaint


@st.composite
def mutated(draw: st.DrawFn, entry: dict[str, Any]) -> str:
    """Draw the line of a good entry with one value, anywhere in it, removed or replaced by any JSON."""
    changed: Any = copy.deepcopy(entry)
    holder = changed
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = draw(st.sampled_from(keys))
        if not isinstance(holder[key], (dict, list)) or not holder[key] or draw(st.booleans()):
            break
        holder = holder[key]
    if draw(st.booleans()):
        del holder[key]
    else:
        holder[key] = draw(JSON)
    return json.dumps(changed)


def own_record(question: str = "What is 1 + 1?", gold: str = "2", **fields: Any) -> dict[str, Any]:
    """Return the beginning of a record of one of our own runs."""
    start = {"source": "gsm8k.jsonl", "question": question, "gold_answer": gold, "metadata": []}
    return {**start, "solutions": [], "tree": [], **fields}


def own_solution(
    *steps: tuple[str, int | None], verdict: str = "correct", finish_reason: str = "stop"
) -> dict[str, Any]:
    """Return a solution with these steps and labels, with the columns that formats read."""
    labelled = [{"text": text, "label": label} for text, label in steps]
    text = "".join(text for text, _ in steps)
    return {"text": text, "steps": labelled, "verdict": verdict, "finish_reason": finish_reason}


def own_node(
    node: int, parent: int | None, text: str, value: float | None, verdict: str | None = None
) -> dict[str, Any]:
    """Return a tree node with the columns that formats read."""
    return {"node": node, "parent": parent, "text": text, "value": value, "verdict": verdict}
