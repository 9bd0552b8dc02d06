"""Rules to stop: rounds in vain, budgets that are used up."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

from factory.self_training.stop_rules import Spent, no_gain, over_budget, rounds_without_gain


@pytest.mark.parametrize(
    ("accuracies", "min_gain", "rounds"),
    [
        ([0.5], 0.01, 0),
        ([0.5, 0.6], 0.01, 0),
        ([0.5, 0.5], 0.01, 1),
        ([0.5, 0.4, 0.45], 0.01, 2),
        ([0.5, 0.4, 0.6], 0.01, 0),
        ([0.5, 0.6, 0.6, 0.6], 0.01, 2),
        ([0.5, 0.7, 0.6, 0.65], 0.01, 2),
        ([0.5, 0.504, 0.507], 0.005, 2),
        ([0.0, 0.0], 0.0, 0),
        ([0.5, 0.4], 0.0, 1),
    ],
)
def test_rounds_without_gain_are_counted_since_the_last_that_beat_the_best(
    accuracies: list[float], min_gain: float, rounds: int
) -> None:
    assert rounds_without_gain(accuracies, min_gain) == rounds


@hypothesis.given(st.integers(2, 2000), st.data())
def test_a_gain_of_exactly_the_asked_number_of_questions_is_one(questions: int, data: st.DataObject) -> None:
    before = data.draw(st.integers(0, questions - 1))
    gained = data.draw(st.integers(1, questions - before))
    after = (before + gained) / questions
    assert rounds_without_gain([before / questions, after], gained / questions) == 0
    assert rounds_without_gain([before / questions, after], (gained + 1) / questions) == 1


@pytest.mark.parametrize(("patience", "stops"), [(0, False), (1, True), (2, True), (3, False)])
def test_patience_is_how_many_rounds_may_be_in_vain(patience: int, stops: bool) -> None:
    sentence = no_gain([0.5, 0.5, 0.5], patience, 0.005)
    assert (sentence is not None) == stops
    if sentence is not None:
        assert f"stop.patience is {patience}" in sentence
        assert "2 rounds" in sentence


def test_before_anything_was_measured_nothing_was_in_vain() -> None:
    assert no_gain([], 1, 0.01) is None


@pytest.mark.parametrize(
    ("spent", "budget", "sentence"),
    [
        (Spent(), Spent(), None),
        (Spent(policy_calls=10**9, gpu_hours=1e9, hours=1e9), Spent(), None),
        (Spent(policy_calls=99), Spent(policy_calls=100), None),
        (Spent(policy_calls=100), Spent(policy_calls=100), "100 policy calls are used, stop.policy_calls is 100"),
        (
            Spent(policy_calls=1_234_567),
            Spent(policy_calls=1_000_001),
            "1,234,567 policy calls are used, stop.policy_calls is 1,000,001",
        ),
        (Spent(gpu_hours=1 / 3), Spent(gpu_hours=0.25), "0.3333 gpu hours are used, stop.gpu_hours is 0.25"),
        (Spent(hours=2.5, policy_calls=9), Spent(hours=2.5, gpu_hours=1), "2.5 hours are used, stop.hours is 2.5"),
    ],
)
def test_a_budget_that_is_used_up_is_said_in_a_sentence(spent: Spent, budget: Spent, sentence: str | None) -> None:
    assert over_budget(spent, budget) == sentence
