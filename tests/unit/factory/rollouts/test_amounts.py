"""Rollouts per prefix by the question's pass rate."""

from __future__ import annotations

import pytest

from factory.rollouts.amounts import MISSED, rollouts_needed


@pytest.mark.parametrize(
    ("trials", "successes", "expected"),
    [(8, 8, 8), (8, 4, 8), (8, 2, 11), (8, 0, 38), (32, 0, 64), (0, 0, 8)],
)
def test_hard_questions_get_more_rollouts(trials: int, successes: int, expected: int) -> None:
    assert rollouts_needed(trials, successes, least=8, most=64) == expected


def test_a_right_step_that_succeeds_as_often_as_the_question_is_rarely_missed() -> None:
    k = rollouts_needed(8, 1, least=1, most=1000)
    assert (1 - 0.2) ** k <= MISSED < (1 - 0.2) ** (k - 1)


def test_without_a_larger_amount_all_questions_get_the_same() -> None:
    assert rollouts_needed(8, 0, least=8, most=0) == 8
