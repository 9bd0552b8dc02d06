"""Patterns of the user's against hostile texts."""

from __future__ import annotations

from typing import Any

import pytest

from actors.checking.pool import CheckerPool
from factory.checkers.regex import Config, check, right_answer
from factory.errors import BadInput
from factory.types import Question


def outcome(gold: str, text: str, **settings: Any) -> str:
    return str(check(Question(text="", gold=gold), text, Config(**settings)).outcome)


@pytest.mark.parametrize(
    ("gold", "text", "settings", "expected"),
    [
        (r"\d+ apples?", r"\boxed{\text{3 apples}}", {}, "correct"),
        (r"\d+ apples?", r"\boxed{3 apples or 4}", {}, "incorrect"),
        (r"\d+ apples?", r"\boxed{some 3 apples}", {"whole": False}, "correct"),
        ("paris|france", r"\boxed{Paris}", {}, "incorrect"),
        ("paris|france", r"\boxed{Paris}", {"ignore_case": True}, "correct"),
        ("C++", "The answer is C++", {"pattern": r"\b{gold}(?: 1\d)?"}, "correct"),
        ("a.c", r"\boxed{abc}", {"pattern": "{gold}"}, "incorrect"),
        ("", r"\boxed{17}", {"pattern": r"\d{2}"}, "correct"),
        ("Paris", "It is Paris, I say", {}, "unparsable"),
        ("Paris", "It is Paris, I say", {"where": "tail", "whole": False}, "correct"),
        ("Paris", "<think>Paris</think> London", {"where": "tail", "whole": False}, "incorrect"),
        ("Paris", "<think>Paris", {"where": "tail", "whole": False}, "unparsable"),
        ("Paris", "Paris" + " " * 9 + "x" * 50, {"where": "tail", "whole": False, "tail_chars": 50}, "incorrect"),
        ("Paris", " \n", {"where": "tail"}, "unparsable"),
    ],
)  # fmt: skip
def test_the_pattern_decides(gold: str, text: str, settings: dict[str, Any], expected: str) -> None:
    assert outcome(gold, text, **settings) == expected


@pytest.mark.parametrize(("gold", "settings"), [("(", {}), ("", {}), ("a*", {"whole": False}), ("a{99999999999}", {})])
def test_a_gold_that_is_no_pattern_or_matches_anything_is_an_error(gold: str, settings: dict[str, Any]) -> None:
    assert outcome(gold, r"\boxed{a}", **settings) == "error"


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"pattern": "("}, "is no regular expression"),
        ({"pattern": "{gold}("}, "is no regular expression"),
        ({"pattern": "a*", "whole": False}, "matches any text"),
        ({"where": "head"}, "expected one of answer, tail"),
        ({"timeout_s": 0}, "timeout_s"),
        ({"tail_chars": 0}, "tail_chars"),
    ],
)
def test_a_config_that_cannot_be_is_bad_input(settings: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint):
        CheckerPool("regex", settings)


def test_only_a_gold_that_cannot_be_a_pattern_is_screened() -> None:
    assert right_answer(Question(text="", gold=r"\d+")) is None
    assert right_answer(Question(text="", gold="C++(")) == r"\boxed{C++(}"
    assert right_answer(Question(text="", gold="")) == r"\boxed{}"
