"""First-error F1 and accuracy per step, computed by hand on five solutions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.prm_scores import (
    ScoredSolution,
    chance_f1,
    first_error_f1,
    first_errors,
    harmonic_mean,
    predicted,
    step_accuracy,
    tuned,
    usual_error,
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
    assert first_errors([(2, 1), (-1, 1), (1, 1), (0, -1), (-1, -1)]).f1 == pytest.approx(harmonic_mean(1 / 3, 1 / 2))


def test_of_solutions_of_one_kind_the_other_share_is_not_known_and_f1_is_0() -> None:
    found = first_errors([(-1, -1)])
    assert (found.accuracy_erroneous, found.accuracy_correct, found.f1) == (None, 1, 0)


def test_steps_behind_the_first_error_do_not_count() -> None:
    found = step_accuracy(FIVE, 0.5)
    assert (found.right, found.wrong) == (7, 3)
    assert (found.accuracy, found.accuracy_right, found.accuracy_wrong) == pytest.approx((7 / 10, 6 / 7, 1 / 3))
    assert step_accuracy([solution(1, 0.9, 0.1, 0.9)], 0.5).accuracy == 1


@given(st.lists(st.integers(1, 12), min_size=1, max_size=20))
def test_no_share_of_guesses_beats_the_best_guess(steps: list[int]) -> None:
    mean = sum(1 / count for count in steps) / len(steps)
    best = max(harmonic_mean(q / 200, (1 - q / 200) * mean) for q in range(201))
    assert best <= chance_f1(steps) + 1e-12
    assert best == pytest.approx(chance_f1(steps), abs=1e-3)


def test_guessing_one_of_four_steps() -> None:
    assert chance_f1([4, 4, 4]) == pytest.approx(2 / 9)
    assert chance_f1([]) == 0


def test_the_usual_error_is_the_most_frequent_first_wrong_step() -> None:
    assert usual_error(FIVE) == 1
    assert usual_error([solution(2, 1, 1, 1), solution(0, 1)]) == 0
    assert usual_error(FIVE[:1]) == -1
