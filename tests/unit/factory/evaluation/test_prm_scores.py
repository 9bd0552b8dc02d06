"""First-error F1 and accuracy per step, computed by hand on five solutions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.evaluation.prm_scores import (
    Gain,
    ScoredSolution,
    f1_gain,
    first_error_f1,
    first_errors,
    harmonic_mean,
    hits,
    predicted,
    step_accuracy,
    tuned,
)


def solution(first_error: int, *scores: float) -> ScoredSolution:
    return ScoredSolution(scores=scores, first_error=first_error)


FIVE = [
    solution(-1, 0.9, 0.8, 0.7),
    solution(1, 0.9, 0.3, 0.2),
    solution(1, 0.9, 0.6, 0.2),
    solution(-1, 0.4, 0.9),
    solution(0, 0.9, 0.9),
]


@pytest.mark.parametrize(
    ("scores", "threshold", "step"),
    [((0.9, 0.4, 0.1), 0.5, 1), ((0.9, 0.5), 0.5, -1), ((0.1,), 0.5, 0), ((), 0.5, -1), ((0.9, 0.4), 0.3, -1)],
)
def test_the_first_step_below_the_threshold_is_named(scores: tuple[float, ...], threshold: float, step: int) -> None:
    assert predicted(scores, threshold) == step


@pytest.mark.parametrize(
    ("threshold", "on_erroneous", "on_correct", "f1"),
    [
        (0.5, 1 / 3, 1 / 2, 0.4),
        (0.65, 2 / 3, 1 / 2, 4 / 7),
        (0.35, 1 / 3, 1, 1 / 2),
        (0.05, 0, 1, 0),
        (0.95, 1 / 3, 0, 0),
    ],
)
def test_f1_is_the_harmonic_mean_of_both_accuracies(
    threshold: float, on_erroneous: float, on_correct: float, f1: float
) -> None:
    found = first_error_f1(FIVE, threshold)
    assert (found.erroneous, found.correct) == (3, 2)
    assert (found.accuracy_erroneous, found.accuracy_correct) == pytest.approx((on_erroneous, on_correct))
    assert found.f1 == pytest.approx(f1)


def test_the_threshold_of_the_best_f1_is_the_one_nearest_to_a_half() -> None:
    assert tuned(FIVE) == pytest.approx(0.605)
    assert tuned([solution(-1, 0.9)]) == 0.5


def test_an_error_named_at_another_step_is_wrong_and_so_is_none_named() -> None:
    truths = [1, 1, 1, -1, -1]
    assert first_errors(hits([2, -1, 1, 0, -1], truths), truths).f1 == pytest.approx(harmonic_mean(1 / 3, 1 / 2))


def test_of_solutions_of_one_kind_the_other_share_is_not_known_and_f1_is_0() -> None:
    found = first_errors([1.0], [-1])
    assert (found.accuracy_erroneous, found.accuracy_correct, found.f1) == (None, 1, 0)


def test_steps_behind_the_first_error_do_not_count() -> None:
    found = step_accuracy(FIVE, 0.5)
    assert (found.right, found.wrong) == (7, 3)
    assert (found.accuracy, found.accuracy_right, found.accuracy_wrong) == pytest.approx((7 / 10, 6 / 7, 1 / 3))
    assert step_accuracy([solution(1, 0.9, 0.1, 0.9)], 0.5).accuracy == 1


TRUTHS = [1, 1, 0, -1, -1, -1]
QUESTIONS = ["a", "a", "b", "b", "c", "c"]


def test_an_f1_gain_is_the_difference_and_its_interval_holds_it() -> None:
    one, other = hits([1, 1, -1, -1, -1, -1], TRUTHS), hits([-1, 1, -1, -1, 0, 0], TRUTHS)
    found = f1_gain(QUESTIONS, one, other, TRUTHS)
    assert found.gain == pytest.approx(harmonic_mean(2 / 3, 1) - harmonic_mean(1 / 3, 1 / 3))
    assert found.low <= found.gain <= found.high
    assert found.low < found.high


def test_nothing_is_gained_over_oneself() -> None:
    one = hits([1, -1, 0, -1, 0, -1], TRUTHS)
    assert f1_gain(QUESTIONS, one, one, TRUTHS) == Gain(gain=0, low=0, high=0)


def test_a_gain_of_few_questions_is_not_sure_and_that_of_many_is() -> None:
    one, other = [1.0, 1.0, 0.0, 1.0], [0.0, 1.0, 0.0, 1.0]
    truths = [0, 0, 0, -1]
    few = f1_gain(list("abcd"), one, other, truths)
    many = f1_gain([f"{letter}{n}" for n in range(50) for letter in "abcd"], one * 50, other * 50, truths * 50)
    assert few.gain == pytest.approx(many.gain)
    assert few.low <= 0 < many.low


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-1, 3), st.booleans(), st.booleans()), min_size=1))
def test_gains_are_antisymmetric(rows: list[tuple[str, int, bool, bool]]) -> None:
    questions, truths, one, other = zip(*rows, strict=True)
    found, back = f1_gain(questions, one, other, truths), f1_gain(questions, other, one, truths)
    assert (found.gain, found.low) == pytest.approx((-back.gain, -back.high))
