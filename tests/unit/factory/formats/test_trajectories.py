"""Revisions as they happened, and critiques with whether they were right."""

from __future__ import annotations

from typing import Any

import pytest
from support.records import a_record, a_solution

from factory.formats import critiques, revisions, trajectories


def tried(text: str, verdict: str = "incorrect", revises: str | None = None, **fields: Any) -> dict[str, Any]:
    """Return an attempt whose id is its text; a critique called "not TEXT" led from the attempt that it revises."""
    known = {"solution_id": text, "method": "self_refine", "independent": False, "revises": revises}
    return a_solution([(text, None)], verdict, **known, critique=f"not {revises}" if revises else None, **fields)


def test_a_right_attempt_is_a_row_with_the_wrong_ones_before_it_in_order() -> None:
    record = a_record("Q?", [tried("c", "correct", "b"), tried("a"), tried("b", revises="a")])
    [row] = trajectories.rows(record)
    assert row["attempts"] == row["attempt_ids"] == ["a", "b"]
    assert row["critiques"] == ["not a", "not b"]
    assert row["prompt"] == (
        "Q?\n\nAttempt 1:\n\na\n\nCritique 1:\n\nnot a\n\nAttempt 2:\n\nb\n\nCritique 2:\n\nnot b\n\nAttempt 3:"
    )
    assert row["completion"] == "\n\nc"


def test_attempts_without_a_critic_are_rows_without_critiques() -> None:
    record = a_record("Q?", [tried("a"), {**tried("b", "correct", "a"), "critique": None}])
    assert [row["prompt"] for row in trajectories.rows(record)] == ["Q?\n\nAttempt 1:\n\na\n\nAttempt 2:"]


@pytest.mark.parametrize(
    "before",
    [
        tried("a", "correct"),
        tried("a", "unparsable"),
        tried("a", finish_reason="length"),
        tried("a", finish_reason="answered"),
        tried("a", hinted=True),
        tried("z"),
    ],
)
def test_what_revises_no_wrong_attempt_is_no_row(before: dict[str, Any]) -> None:
    assert list(trajectories.rows(a_record("Q?", [before, tried("b", "correct", "a")]))) == []


def test_a_wrong_attempt_is_never_the_last_and_a_right_one_never_between() -> None:
    chain = [tried("a"), tried("b", "correct", "a"), tried("c", revises="b"), tried("d", "correct", "c")]
    assert [(row["attempts"], row["solution_id"]) for row in trajectories.rows(a_record("Q?", chain))] == [
        (["a"], "b"),
        (["c"], "d"),
    ]


def test_a_long_chain_shows_its_last_wrong_attempts_and_a_circle_ends() -> None:
    chain = [tried("0"), *(tried(str(number), revises=str(number - 1)) for number in range(1, 9))]
    [row] = trajectories.rows(a_record("Q?", [*chain, tried("9", "correct", "8")]))
    assert row["attempts"] == ["5", "6", "7", "8"]
    circle = [tried("a", revises="b"), tried("b", revises="a"), tried("c", "correct", "b")]
    [row] = trajectories.rows(a_record("Q?", circle))
    assert row["attempts"] == ["a", "b"]


def test_revised_attempts_are_no_independent_ones() -> None:
    chain = [tried("a"), tried("b", "correct", "a")]
    assert list(revisions.rows(a_record("Q?", chain))) == []
    assert len(list(revisions.rows(a_record("Q?", [{**one, "independent": None} for one in chain])))) == 1


def said(text: str, right: bool | None) -> dict[str, Any]:
    return {"text": text, "right": right, "role": "critic", "model": "m", "revision": "r"}


def test_a_critique_is_labelled_by_whether_its_verdict_is_the_checkers() -> None:
    record = a_record(
        "Q?",
        [
            tried("a", critiques=[said("No.\nVerdict: wrong", False), said("Yes.\nVerdict: right", True)]),
            tried("b", "correct", critiques=[said("No.\nVerdict: wrong", False), said("Yes.\nVerdict: right", True)]),
        ],
    )
    rows = list(critiques.rows(record))
    assert [(row["solution_id"], row["says_right"], row["label"]) for row in rows] == [
        ("a", False, True),
        ("a", True, False),
        ("b", False, False),
        ("b", True, True),
    ]
    assert [turn["content"] for turn in rows[0]["messages"]] == ["Q?\n\nAttempt:\na", "No.\nVerdict: wrong"]
    assert {(row["critic"], row["critic_model"], row["critic_revision"]) for row in rows} == {("critic", "m", "r")}


def test_critiques_without_a_verdict_equal_ones_and_those_of_what_nobody_judged_are_left_out() -> None:
    yes = said("Yes.\nVerdict: right", True)
    record = a_record(
        "Q?",
        [
            tried("a", critiques=[said("Hm.", None), yes, yes]),
            tried("b", "unparsable", critiques=[yes]),
            tried("c", finish_reason="length", critiques=[yes]),
            tried("d", critiques=None),
        ],
    )
    assert [row["solution_id"] for row in critiques.rows(record)] == ["a"]
