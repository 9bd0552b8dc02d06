"""ProcessBench's lines as records, and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.exports.formats import HOSTILE, TEXTS, WHERE, assert_comes_back, assert_equal_or_refused, mutated, parsed

from factory.errors import BadInput
from factory.formats import prm, processbench
from factory.records.validation import row_faults


def entry(**changes: Any) -> dict[str, Any]:
    start = {"id": "gsm8k-0", "generator": "somebody", "problem": "What is 1 + 1 + 1?", "steps": ["a", "b", "so 4"]}
    return {**start, "final_answer_correct": False, "label": 1, **changes}


@st.composite
def lines(draw: st.DrawFn) -> dict[str, Any]:
    steps = draw(st.lists(TEXTS, min_size=1, max_size=4))
    label = draw(st.integers(-1, len(steps) - 1))
    problem = draw(TEXTS.filter(str.strip))
    return entry(steps=steps, label=label, problem=problem, final_answer_correct=draw(st.booleans()))


def test_a_line_is_one_solution_labelled_up_to_its_first_error() -> None:
    record = parsed(processbench, entry())
    [solution] = record["solutions"]
    assert [step["label"] for step in solution["steps"]] == [1, -1, None]
    assert (solution["first_error"], solution["verdict"]) == (1, "incorrect")
    assert (solution["model"], solution["method"], record["source"]) == ("somebody", "imported", "processbench")


def test_without_an_error_every_step_is_right() -> None:
    [solution] = parsed(processbench, entry(label=-1, final_answer_correct=True))["solutions"]
    assert [step["label"] for step in solution["steps"]] == [1, 1, 1]
    assert (solution["first_error"], solution["verdict"]) == (-1, "correct")


def test_a_right_answer_may_have_an_error() -> None:
    [row] = prm.rows(parsed(processbench, entry(final_answer_correct=True)))
    assert (row["labels"], row["verdict"]) == ([True, False], "correct")


def test_a_wrong_answer_without_an_error_is_not_judged_and_comes_back() -> None:
    line = entry(label=-1, final_answer_correct=False)
    assert parsed(processbench, line)["solutions"][0]["verdict"] is None
    assert_comes_back(processbench, line)


@given(lines())
def test_every_line_comes_back_and_is_a_valid_record(line: dict[str, Any]) -> None:
    assert_comes_back(processbench, line)
    assert not list(row_faults({**parsed(processbench, line), "unit_id": "u"}))


def test_other_keys_come_back() -> None:
    assert_comes_back(processbench, {"split": "gsm8k", **entry(), "note": None})


@given(st.one_of(TEXTS, mutated(entry())))
def test_any_line_is_read_or_refused(line: str) -> None:
    assert_equal_or_refused(processbench, line)


@pytest.mark.parametrize("line", HOSTILE)
def test_a_hostile_line_is_refused_by_its_place(line: str) -> None:
    with pytest.raises(BadInput, match=f"^{WHERE}: .*; expected "):
        processbench.parse(line, WHERE)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"label": 3}, "'label' is 3; expected -1, or the number of a step below 3"),
        ({"label": -2}, "'label' is -2"),
        ({"label": True}, "'label' is True"),
        ({"steps": []}, "'steps' is empty"),
        ({"steps": ["a", 1, "b"]}, "one of the steps is 1; expected JSON strings"),
        ({"final_answer_correct": 1}, "'final_answer_correct' is 1; expected true or false"),
        ({"problem": " "}, "'problem' of the line is empty"),
        ({"generator": 7}, "'generator' of the line is 7"),
    ],
)
def test_a_malformed_line_says_what_is_wrong(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        processbench.parse(json.dumps(entry(**changes)), WHERE)
