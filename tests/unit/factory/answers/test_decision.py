"""Spaces beside signs make no other text, all other spaces may; reasons behind a yes are no other answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.answers.decision import OUTCOMES, decide
from factory.answers.policy import AnswerPolicy
from factory.answers.values.quantity import quantity
from factory.answers.values.same_quantity import match_quantities
from factory.types import Outcome


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("pH = 7", "pH=7"),
        ("(1) x = 1; (2) y = 2", "(1) x=1;(2) y=2"),
        ("3^{n} + 1 for odd n", "3^{n} +1 for odd n"),
        ("all n > 2 that are even", "all n>2 that are even"),
    ],
)
def test_spaces_beside_signs_make_no_difference(gold: str, answer: str) -> None:
    assert decide(gold, answer, AnswerPolicy()) == (Outcome.CORRECT, "same text")
    assert decide(answer, gold, AnswerPolicy()) == (Outcome.CORRECT, "same text")


@pytest.mark.parametrize(
    ("gold", "answer"), [("1,234", "1, 234"), ("3 1/2", "31/2"), ("pH = 7", "pH = 70"), ("2 3", "23")]
)
def test_spaces_between_figures_and_other_figures_do(gold: str, answer: str) -> None:
    assert decide(gold, answer, AnswerPolicy())[0] is not Outcome.CORRECT
    assert decide(answer, gold, AnswerPolicy())[0] is not Outcome.CORRECT


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("Yes", "Yes, it is possible"),
        ("Yes, because 3 divides 12", "yes"),
        ("no", "No. There is none."),
        ("True", "true (always)"),
    ],
)
def test_reasons_behind_yes_or_no_make_no_wrong_answer(gold: str, answer: str) -> None:
    assert decide(gold, answer, AnswerPolicy())[0] is Outcome.UNPARSABLE


@pytest.mark.parametrize(("gold", "answer"), [("Yes", "No, it is not"), ("No, never", "yes"), ("red", "red, blue")])
def test_the_other_answer_with_reasons_is_wrong(gold: str, answer: str) -> None:
    assert decide(gold, answer, AnswerPolicy())[0] is Outcome.INCORRECT


WHOLE = st.one_of(st.integers(-20, 400), st.integers(-(10**15) + 1, 10**15 - 1))
LENIENT = AnswerPolicy(
    rounded_irrational_digits=1, rounded_gold_digits=1, decimal_comma="accept", unit_mismatch="ignore"
)


@given(WHOLE, WHOLE, st.sampled_from([AnswerPolicy(), LENIENT]))
def test_two_whole_numbers_get_the_decision_that_their_values_would(
    gold: int, answer: int, policy: AnswerPolicy
) -> None:
    if gold == answer:
        assert decide(str(gold), str(answer), policy) == (Outcome.CORRECT, "same text")
        return
    one, other = (quantity(str(number), decimal_comma=False) for number in (gold, answer))
    assert one is not None
    assert other is not None
    match = match_quantities(one, other, policy)
    assert decide(str(gold), str(answer), policy) == (OUTCOMES[match], "exact values compared")
