"""One labelled solution of a row, to be shown while the run goes on."""

from __future__ import annotations

import pickle
from typing import Any

from factory.records.example import example_of


def solution(*labels: int | None, first_error: int | None = None, text: str = "a step") -> dict[str, Any]:
    steps = [{"text": text, "label": label, "n_successes": 1, "n_trials": 2} for label in labels]
    return {"steps": steps, "first_error": first_error, "final_answer": "5", "verdict": "incorrect"}


def row(*solutions: dict[str, Any]) -> dict[str, Any]:
    return {"question": "2 + 2?", "gold_answer": "4", "solutions": list(solutions)}


def test_right_steps_and_then_a_wrong_one_show_most():
    all_right, located, only_end = solution(1, 1, 1), solution(1, -1, -1, first_error=1), solution(None, None, -1)
    example = example_of(row(all_right, only_end, located))
    assert (example.first_error, [step.label for step in example.steps]) == (1, [1, -1, -1])


def test_an_error_within_shows_more_than_one_at_the_end():
    at_the_end, within = solution(1, 1, -1, first_error=2), solution(1, -1, -1, first_error=1)
    assert example_of(row(at_the_end, within)).first_error == 1


def test_without_a_label_there_is_no_example():
    assert example_of(row(solution(None, None))) is None
    assert example_of(row()) is None


def test_it_stays_small_whatever_the_model_wrote():
    example = example_of(row(solution(*[1] * 1000, text="x" * 100_000)))
    assert example.n_steps == 1000
    assert len(pickle.dumps(example)) < 10_000
