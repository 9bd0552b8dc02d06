"""Labels on which rollouts and critics agree, as in the papers."""

from __future__ import annotations

from typing import Any

import pytest

from factory.export.consensus import DROP_SOLUTION, DROP_STEP, POSTERIOR, agreed, relabelled
from factory.export.drops import without_unsure
from factory.labelling.opinions import NONE

# Four steps, wrong from the third on as rollouts see it.
COUNTS = [(4, 3), (4, 1), (4, 0), (0, 0)]


@pytest.mark.parametrize(
    ("named", "by_step", "by_solution"),
    [
        ([2], [1, 1, -1, -1], [1, 1, -1, -1]),
        ([1], [1, None, -1, -1], [None] * 4),
        ([3], [1, 1, None, -1], [None] * 4),
        ([NONE], [1, 1, None, None], [None] * 4),
        ([2, 2], [1, 1, -1, -1], [1, 1, -1, -1]),
        ([2, 1], [1, None, -1, -1], [None] * 4),
        ([], [None] * 4, [None] * 4),
    ],
)
def test_labels_stay_where_rollouts_and_all_critics_agree(
    named: list[int], by_step: list[int | None], by_solution: list[int | None]
) -> None:
    assert agreed(COUNTS, False, named, DROP_STEP) == by_step
    assert agreed(COUNTS, False, named, DROP_SOLUTION) == by_solution


def test_steps_that_rollouts_leave_open_are_agreed_on_by_nobody() -> None:
    # Right behind the first step, wrong behind the third: the second may be either.
    counts = [(4, 3), (0, 0), (4, 0), (0, 0)]
    assert agreed(counts, False, [2], DROP_STEP) == [1, None, -1, -1]
    assert agreed(counts, False, [2], DROP_SOLUTION) == [None] * 4


def test_a_right_solution_is_kept_where_nobody_sees_an_error() -> None:
    assert agreed([(2, 2), (0, 0)], True, [NONE], DROP_SOLUTION) == [1, 1]
    assert agreed([(2, 2), (0, 0)], True, [1], DROP_SOLUTION) == [None, None]


def solution(*opinions: tuple[str, int], label: int | None = 1, verdict: str = "incorrect") -> dict[str, Any]:
    """A solution of two steps, the second of which is wrong by its rollouts, with labels that say otherwise."""
    steps = [{"text": "a", "n_trials": 2, "n_successes": 2, "label": 1, "confidence": 0.95}]
    steps += [{"text": "b", "n_trials": 1, "n_successes": 0, "label": label, "confidence": 0.75}]
    said = [{"source": source, "first_error": named, "grade": 0} for source, named in opinions]
    return {"verdict": verdict, "steps": steps, "first_error": None, "opinions": said or None}


def test_the_labels_of_the_run_stay_as_they_are_by_default() -> None:
    one = solution(("critic", 0))
    assert relabelled(one, POSTERIOR) is one


def test_a_label_that_is_turned_round_has_the_probability_of_the_other_sign() -> None:
    now = relabelled(solution(("critic", 1)), DROP_SOLUTION)
    assert [(step["label"], step["confidence"]) for step in now["steps"]] == [(1, 0.95), (-1, 0.25)]
    assert now["first_error"] == 1


def test_a_label_that_the_run_had_withheld_has_no_confidence_as_nobody_knows_of_which_sign_it_was() -> None:
    now = relabelled(solution(("critic", 1), label=None), DROP_SOLUTION)
    assert [(step["label"], step["confidence"]) for step in now["steps"]] == [(1, 0.95), (-1, None)]
    # Nobody can want a label to be sure and take this one.
    assert [step["label"] for step in without_unsure(now, 0.7)["steps"]] == [1, None]


def test_equations_that_hold_are_no_critic() -> None:
    now = relabelled(solution(("critic", 1), ("equations", NONE)), DROP_SOLUTION)
    assert now["first_error"] == 1
    assert relabelled(solution(("equations", NONE)), DROP_SOLUTION)["first_error"] is None


@pytest.mark.parametrize("verdict", ["unparsable", "timeout", None])
def test_what_has_no_verdict_is_left_alone(verdict: str | None) -> None:
    one = {**solution(("critic", 1)), "verdict": verdict}
    assert relabelled(one, DROP_STEP) is one
