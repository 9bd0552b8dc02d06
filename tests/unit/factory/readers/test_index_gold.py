"""A gold answer that is a choice's number becomes its label; what cannot be one is told."""

from __future__ import annotations

from typing import Any

import pytest

from factory.errors import BadInput
from factory.readers.columns import Columns, to_question
from factory.types import Question


def one(answer: object, choices: object, gold: str = "index", **columns: Any) -> Question:
    row = {"question": "q", "answer": answer, "choices": choices}
    return to_question(row, Columns(gold=gold, metadata_columns=["choices"], **columns), "line 3", "file")


@pytest.mark.parametrize(
    ("answer", "choices", "preset", "gold"),
    [
        (0, ["bank", "library"], "index", "A"),
        ("1", ["bank", "library"], "index", "B"),
        (1.0, ["bank", "library"], "index", "B"),
        (3, ["0", "1", "2", "3"], "index", "D"),
        (0, {"label": ["1", "2"], "text": ["x", "y"]}, "index", "1"),
        (1, {"label": ["A", "B"], "text": ["x", "y"]}, "index1", "A"),
        (2, ["bank", "library"], "index1", "B"),
        (1, "A) bank\nB) library", "index", "B"),
        (None, ["bank", "library"], "index", ""),
        (float("nan"), ["bank", "library"], "index", ""),
    ],
)
def test_the_number_of_a_choice_becomes_its_label(answer: object, choices: object, preset: str, gold: str) -> None:
    question = one(answer, choices, preset)
    assert (question.gold, question.gold_problem) == (gold, "")


@pytest.mark.parametrize(
    ("answer", "choices", "said"),
    [
        ("B", ["bank", "library"], "is no choice's number; expected 0 to 1"),
        (-1, ["bank", "library"], "is no choice's number"),
        (7, ["bank", "library"], "is no choice's number"),
        (0.5, ["bank", "library"], "is no choice's number"),
        (0, None, "there are none"),
        (0, ["bank"], "1 choices with 1 labels"),
        (0, "bank or library", "neither JSON"),
    ],
)
def test_a_row_without_such_a_number_is_marked(answer: object, choices: object, said: str) -> None:
    question = one(answer, choices)
    assert question.gold == ""
    assert question.gold_problem.startswith("line 3: ")
    assert said in question.gold_problem


@pytest.mark.parametrize(("answer", "preset", "other"), [(2, "index", "index1"), (0, "index1", "index")])
def test_numbers_that_are_counted_from_the_other_end_of_one_stop_the_source(
    answer: int, preset: str, other: str
) -> None:
    with pytest.raises(BadInput, match=f"^line 3: .*set source.gold={other}, which counts from"):
        one(answer, ["bank", "library"], preset)


def test_the_choices_have_to_be_carried_along() -> None:
    row = {"question": "q", "answer": 0, "options": ["x", "y"]}
    with pytest.raises(BadInput, match=r"set source\.metadata_columns=\[choices\], or .*\[choices=COLUMN\]"):
        to_question(row, Columns(gold="index"), "line 3", "file")
    columns = Columns(gold="index", metadata_columns=["choices=options"])
    assert to_question(row, columns, "line 3", "file").gold == "A"
