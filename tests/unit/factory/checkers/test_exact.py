"""Exact answers: what evens out, and that nothing else does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.checkers.exact import Config, right_answer, settle
from factory.types import Question


def outcome(gold: str, text: str, metadata: dict[str, str] | None = None, **settings: Any) -> str:
    return str(settle(Question(text="", gold=gold, metadata=metadata or {}), text, Config(**settings)).outcome)


@pytest.mark.parametrize(
    ("gold", "text"),
    [
        ("Paris", r"\boxed{Paris}"), ("Paris", "The answer is Paris."), ("Paris", "The answer is **Paris**."),
        ("New York", "\\boxed{ New \n York }"), ("Paris", r"\boxed{\text{Paris}}"), ("Paris.", r"\boxed{Paris}"),
        (r"\text{Paris}", r"\boxed{Paris}"), ("Paris", r"\boxed{\textbf{\text{Paris.}}}"), ("U.S.", r"\boxed{U.S.}"),
        ("caf\u00e9", "\\boxed{cafe\u0301}"), (" Paris ", "#### Paris"), ("f(x)", "Answer: `f(x)`"),
        ("...", r"\boxed{...}"),
    ],
)  # fmt: skip
def test_space_markup_closing_punctuation_and_composition_make_no_difference(gold: str, text: str) -> None:
    assert outcome(gold, text) == "correct"


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("Paris", "paris"), ("Paris", "London"), ("Paris", "Paris or London"), ("Paris", "Paris, France"), ("5", "5.0"),
        ("NewYork", "New York"), ("5", "5!"), ("a-b", "a–b"), ("2", "²"), ("x", r"\text{x} y"), ("...", ";"),
    ],
)  # fmt: skip
def test_everything_else_does(gold: str, answer: str) -> None:
    assert outcome(gold, rf"\boxed{{{answer}}}") == "incorrect"


@pytest.mark.parametrize(
    ("setting", "gold", "answer"),
    [
        ("collapse_space", "New York", "New  York"), ("ignore_trailing_punctuation", "Paris", "Paris;"),
        ("ignore_markup", "Paris", r"\text{Paris}"), ("unicode_nfc", "caf\u00e9", "cafe\u0301"),
    ],
)  # fmt: skip
def test_each_rule_can_be_switched_off(setting: str, gold: str, answer: str) -> None:
    assert outcome(gold, rf"\boxed{{{answer}}}") == "correct"
    assert outcome(gold, rf"\boxed{{{answer}}}", **{setting: False}) == "incorrect"


@pytest.mark.parametrize(("gold", "answer"), [("Paris", "PARIS"), ("straße", "STRASSE")])
def test_case_is_ignored_on_request(gold: str, answer: str) -> None:
    assert outcome(gold, rf"\boxed{{{answer}}}", ignore_case=True) == "correct"


def test_a_question_may_accept_several_answers() -> None:
    metadata = {"accepted_answers": json.dumps(["NYC", "New York City"])}
    assert outcome("New York", r"\boxed{NYC}", metadata) == outcome("New York", "#### New York", metadata) == "correct"
    assert outcome("New York", r"\boxed{Boston}", metadata) == "incorrect"


@pytest.mark.parametrize("accepted", ["NYC", '"NYC"', "[1]", '[""]', "[" * 9999])
def test_accepted_answers_that_cannot_be_read_are_an_error(accepted: str) -> None:
    assert outcome("New York", r"\boxed{New York}", {"accepted_answers": accepted}) == "error"


def test_an_empty_gold_is_an_error_and_no_answer_unparsable() -> None:
    assert outcome(" ", r"\boxed{ }") == "error"
    assert outcome("Paris", rf"\boxed{{{'x' * 1001}}}") == "unparsable"
    assert outcome("x" * 1001, rf"\boxed{{{'x' * 1001}}}") == "correct"
    assert outcome("Paris", "I do not know") == outcome("Paris", r"\boxed{}") == "unparsable"


@pytest.mark.parametrize("gold", ["Paris", "}", "{", "a\\", "U.S.", "x } y", r"\}"])
def test_the_right_answer_is_correct_whatever_braces_the_gold_holds(gold: str) -> None:
    assert outcome(gold, right_answer(Question(text="", gold=gold))) == "correct"


@given(gold=st.text(), text=st.text())
def test_any_text_gets_a_verdict_and_is_correct_only_if_it_holds_the_gold(gold: str, text: str) -> None:
    found = outcome(gold, rf"\boxed{{{text}}}", collapse_space=False, unicode_nfc=False)
    assert found in ("correct", "incorrect", "unparsable", "error")
    assert found != "correct" or gold.strip().rstrip(".,;:$*` ").lstrip("$*` ") in text
