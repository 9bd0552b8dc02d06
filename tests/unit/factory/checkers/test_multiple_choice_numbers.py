"""A source whose gold answers count the choices is refused as a whole, whatever single rows look like."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from factory.checkers.multiple_choice import Config, gold_problem, watch_source
from factory.types import Question

WORDS, DIGITS = ["red", "green", "blue", "grey"], ["0", "1", "2", "3"]


def asked(gold: str, choices: object = WORDS) -> Question:
    metadata = {"choices": choices if isinstance(choices, str) else json.dumps(choices)}
    return Question(text="q", gold=gold, metadata=metadata, origin="mc.jsonl, line 7")


def trouble(*batches: Sequence[Question]) -> str | None:
    watch = watch_source(Config())
    return next(filter(None, map(watch, batches)), None)


INDICES = [asked(str(number % 4)) for number in range(40)]
LABELS = [asked("ABCD"[number % 4]) for number in range(400)]


def test_golds_that_count_the_choices_are_refused_with_what_to_set() -> None:
    said = str(trouble(INDICES))
    assert said.startswith(
        "40 of 40 gold answers are numbers and neither a label nor a choice's text, the first '0' in "
    )
    assert "mc.jsonl, line 7; " in said
    assert "set source.gold=index, which counts from 0" in said


def test_so_are_they_where_some_are_by_chance_the_text_of_a_choice() -> None:
    assert trouble([*[asked("2", DIGITS)] * 10, *INDICES])


def test_golds_that_count_from_1_name_the_other_preset() -> None:
    assert "set source.gold=index1, which counts from 1" in str(trouble([asked("1"), asked("4"), asked("2")]))


def test_one_row_past_the_last_choice_does_not_hide_that_a_source_counts_from_0() -> None:
    assert "set source.gold=index, which counts from 0" in str(trouble([asked("1"), asked("4"), asked("0")]))


def test_without_choices_a_number_is_no_label() -> None:
    assert "with the choices in source.metadata_columns" in str(trouble([asked("1", ""), asked("0", "")]))


@pytest.mark.parametrize(
    "questions",
    [
        LABELS,
        [asked("2", DIGITS)] * 40,
        [asked("red"), asked("A, C"), asked("B) green")],
        [asked("3", {"label": ["1", "2", "3"], "text": ["x", "y", "z"]})] * 5,
        [asked("x", "not to be read")],
        [asked("")],
        [],
        [*LABELS, asked("3")],
    ],
)
def test_golds_that_name_choices_are_not(questions: list[Question]) -> None:
    assert trouble(questions) is None


def test_a_second_file_whose_golds_count_is_refused_although_the_first_one_is_large() -> None:
    assert trouble(*[LABELS] * 10) is None
    assert trouble(*[LABELS] * 10, INDICES)


@pytest.mark.parametrize(
    ("gold", "said"),
    [("3", "names none of the choices"), ("A or B", "leaves several choices open"), ("purple", "names none")],
)
def test_a_single_gold_that_names_no_choice_says_why(gold: str, said: str) -> None:
    assert said in str(gold_problem(asked(gold), Config()))
    assert gold_problem(asked("B"), Config()) is None
