"""Rules to stop: rounds in vain, budgets that are used up."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import strategies as st

from factory.self_training.stop_rules import no_gain, rounds_without_gain


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
