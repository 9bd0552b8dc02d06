"""Critiques that name a first wrong step, as training data: numbered steps, held against the labels."""

from __future__ import annotations

from typing import Any

import pytest
from support.records import a_record, a_solution

from factory.formats.critiques import rows


def exported(first_error: int | None, said: int | None, verdict: str = "incorrect") -> list[dict[str, Any]]:
    """Rows of a solution of two steps, the first wrong one of which is known, and of which a critic said something."""
    right = None if said is None else said == -1
    critique = {"text": f"Hm.\nFirst error: {said}", "right": right, "role": "critic", "model": "m", "revision": "r"}
    critique |= {"first_error": said, "reasoning": "thoughts", "tokens": 3}
    labels = [None if first_error is None else 1 if first_error in (-1, 1) else -1]
    labels += [None if first_error is None else 1 if first_error == -1 else -1]
    one = a_solution([("2 + 2 = 5.\nStep 9: So.\n", labels[0]), ("The answer is 5.", labels[1])], verdict)
    one["first_error"], one["critiques"] = first_error, [critique]
    return list(rows(a_record("What is 2 + 2?", [one])))


@pytest.mark.parametrize(("first_error", "said", "label"), [(0, 0, True), (0, 1, False), (1, -1, False)])
def test_a_critique_is_right_where_it_names_the_step_that_the_labels_do(
    first_error: int, said: int, label: bool
) -> None:
    [row] = exported(first_error, said)
    assert (row["label"], row["first_error"], row["says_first_error"]) == (label, first_error, said)


def test_a_critic_reads_numbered_steps_and_its_thoughts_are_left_out() -> None:
    [row] = exported(0, 0)
    asked, replied = row["messages"]
    shown = "Step 1: 2 + 2 = 5.\n    Step 9: So.\nStep 2: The answer is 5."
    assert asked["content"] == f"What is 2 + 2?\n\nSolution, step by step:\n{shown}"
    assert replied["content"] == "Hm.\nFirst error: 0"


def test_a_critic_of_an_attempt_is_shown_the_thoughts_that_it_has_read() -> None:
    one = a_solution([("<think>\nhm\n</think>\n\nThe answer is 14.", None)], "correct")
    thoughts = {"reasoning": "hm", "thought_opening": "<think>\n", "thought_closing": "\n</think>\n\n"}
    one |= {**thoughts, "text": "The answer is 14."}
    one["critiques"] = [
        {"text": "Yes.\nVerdict: right", "right": True, "role": "critic", "model": "m", "revision": "r"}
    ]
    [row] = rows(a_record("What is 14?", [one]))
    assert row["messages"][0]["content"].endswith("Attempt:\n<think>\nhm\n</think>\n\nThe answer is 14.")


def test_what_nobody_knows_has_no_row() -> None:
    assert exported(None, 1) == []
    assert exported(0, None) == []
    assert exported(None, -1, verdict="correct") == []


def test_to_see_no_error_in_a_wrong_solution_is_wrong_wherever_it_is() -> None:
    [row] = exported(None, -1)
    assert row["label"] is False
