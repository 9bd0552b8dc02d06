"""Exact truth that labellers are compared with on real text."""

from __future__ import annotations

import json

import pytest

from factory.sources.procedural import LEVELS, Config, questions, worked_solution
from factory.types import Question
from tools.bench.arithmetic_truth import first_wrong_step

QUESTION = Question(
    text="Kurt has 7 boxes. Each box has 9 apples. He gets 2 more apples. How many apples does Kurt have now?",
    gold="65",
    metadata={"operations": json.dumps([["start", 7], ["*", 9], ["+", 2]])},
)
RIGHT = [
    "Kurt starts with 7 boxes.",
    "Each box has 9: 7 * 9 = 63.",
    "He gets 2 more: 63 + 2 = 65.",
    "The answer is 65.",
]


def with_step(index: int, text: str) -> list[str]:
    return [text if position == index else step for position, step in enumerate(RIGHT)]


@pytest.mark.parametrize("level", LEVELS)
def test_worked_solutions_are_right_throughout(level: str):
    for question in questions(Config(n=30, levels=[level])):
        assert first_wrong_step(question, worked_solution(question).split("\n")) == -1


@pytest.mark.parametrize(
    ("index", "text"),
    [
        (0, "Kurt starts with 8 boxes."),
        (1, "Each box has 9: 7 * 9 = 61."),
        (1, "Each box has 9: 7 * 7 = 49."),
        (1, "Each box has 9: 7 + 9 = 16."),
        (2, "He gets 2 more: 63 + 3 = 66."),
        (2, "Each box has 9: 7 * 9 = 63."),
        (3, "The answer is 64."),
        (3, "He gets 2 more: 65 + 2 = 67."),
    ],
)
def test_the_first_wrong_step_is_found(index: int, text: str):
    assert first_wrong_step(QUESTION, with_step(index, text)) == index


@pytest.mark.parametrize(("text", "truth"), [("Kurt has 7 boxes.", -1), ("Kurt has 8 boxes.", 0)])
def test_a_start_may_be_told_as_in_the_question(text: str, truth: int):
    assert first_wrong_step(QUESTION, with_step(0, text)) == truth


@pytest.mark.parametrize("text", ["Each box has 9: 7 * 9 = 63.5.", "Each box has 9: 0.7 * 9 = 63."])
def test_numbers_that_are_not_whole_leave_the_truth_open(text: str):
    assert first_wrong_step(QUESTION, with_step(1, text)) is None


def test_the_order_of_a_sum_does_not_matter():
    assert first_wrong_step(QUESTION, with_step(2, "He gets 2 more: 2 + 63 = 65.")) == -1


@pytest.mark.parametrize(
    "text", ["She gets 9: 7 * 9 = 63.", "Each box has 8: 7 * 9 = 63.", "He sells 9 boxes: 7 * 9 = 63."]
)
def test_words_that_tell_another_story_than_a_right_equation_leave_the_truth_open(text: str):
    assert first_wrong_step(QUESTION, with_step(1, text)) is None


def test_a_start_with_a_sum_of_its_own_is_no_start():
    assert first_wrong_step(QUESTION, with_step(0, "Kurt starts with 7 boxes: 7 * 7 = 49.")) == 0


def test_what_is_added_and_taken_away_may_come_in_any_order():
    question = Question(text="q", gold="8", metadata={"operations": '[["start",3],["+",6],["-",1]]'})
    steps = ["Ned starts with 3 blocks.", "He gives away 1: 3 - 1 = 2.", "He buys 6: 2 + 6 = 8.", "The answer is 8."]
    assert first_wrong_step(question, steps) == -1
    assert first_wrong_step(question, [*steps[:2], "He gives away 1: 2 - 1 = 1."]) == 2


def test_nothing_comes_before_a_multiplication():
    assert first_wrong_step(QUESTION, with_step(1, "He gets 2 more: 7 + 2 = 9.")) == 1


def test_a_final_answer_that_comes_too_early_but_right_is_right():
    assert first_wrong_step(QUESTION, ["The answer is 65."]) == -1


@pytest.mark.parametrize("text", ["He picks some apples.", "7 * 9 = 63, 63 + 2 = 65.", "Each box has 9: 7 * 9 = x."])
def test_a_step_without_one_equation_leaves_the_truth_open(text: str):
    assert first_wrong_step(QUESTION, with_step(1, text)) is None
