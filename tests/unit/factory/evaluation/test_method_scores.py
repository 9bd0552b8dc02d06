"""Answers and costs of a method, read off its records."""

from __future__ import annotations

from typing import Any

import pytest
from support.records import a_record, a_solution

from factory.evaluation.method_scores import MAJORITY, SELECTED, scores_of
from factory.export.imported import NO_COST


def entry(role: str, calls: int, read: int, written: int) -> dict[str, Any]:
    """Return the cost of a role."""
    who = {"role": role, "engine": "e", "model": "m", "revision": ""}
    tokens = {"prompt_tokens": read, "cached_tokens": 0, "completion_tokens": written}
    return {**who, "calls": calls, **tokens, "money": 0.0}


def answering(answer: str, verdict: str = "incorrect", **fields: Any) -> dict[str, Any]:
    """Return a solution with an answer."""
    return a_solution([(f"So {answer}.", None)], verdict, final_answer=answer, **fields)


def row(number: int, *solutions: dict[str, Any], roles: tuple[Any, ...] = (), **fields: Any) -> dict[str, Any]:
    """Return the record of question `number`."""
    cost = {**NO_COST, "seconds": 2.0, "roles": list(roles), **fields.pop("cost", {})}
    return a_record(f"Question {number}?", list(solutions), cost=cost, **fields)


def test_the_answer_is_the_selected_solution() -> None:
    rows = [
        row(0, answering("1", selected=True), answering("14", "correct"), answering("14 ", "correct")),
        row(1, answering("14", "correct", selected=True), answering("1")),
    ]
    for made in rows:
        # A schema before `selected` drops it on its way through Arrow.
        for solution, chosen in zip(made["solutions"], (True, False, False), strict=False):
            solution["selected"] = chosen
    scores = scores_of(rows, ())
    assert scores.answered_by == SELECTED
    assert list(scores.rights.values()) == [0, 1]


def test_a_question_on_which_a_selecting_method_selected_nothing_is_not_right() -> None:
    rows = [row(0, answering("14", "correct")), row(1, answering("14", "correct"))]
    rows[1]["solutions"][0]["selected"] = True
    assert list(scores_of(rows, ()).rights.values()) == [0, 1]


def test_a_method_that_selects_nothing_answers_by_majority_and_ties_are_split() -> None:
    tie = row(0, answering("14", "correct"), answering("1"), answering("?", "unparsable"))
    most_wrong = row(1, answering("14", "correct"), answering("1", occurrences=2))
    scores = scores_of([tie, most_wrong], ())
    assert scores.answered_by == MAJORITY
    assert list(scores.rights.values()) == [0.5, 0]


def test_what_was_cut_off_or_failed_is_not_right() -> None:
    cut, failed = row(0, answering("14", "correct")), row(1, answering("14", "correct"), status="failed")
    for made in (cut, failed):
        made["solutions"][0]["selected"] = True
    cut["solutions"][0]["finish_reason"] = "length"
    scores = scores_of([cut, failed], ())
    assert list(scores.rights.values()) == [0, 0]
    assert scores.failed == 1


def test_tokens_are_counted_by_role_and_those_of_scorers_apart() -> None:
    roles = (entry("policy", 8, 50, 400), entry("critic", 2, 90, 30), entry("prm", 8, 700, 0))
    scores = scores_of([row(0, answering("1"), roles=roles), row(1, roles=roles)], {"prm"})
    assert scores.sampled == {"policy": 800, "critic": 60}
    assert scores.scored == {"prm": 1400}
    assert scores.read == {"policy": 100, "critic": 180}
    assert scores.calls == {"policy": 16, "critic": 4, "prm": 16}
    assert scores.tokens() == 430
    assert scores.tokens(scored_weight=0.1) == 500
    assert scores.question_seconds == 4


def test_what_a_judge_says_is_no_cost_of_the_method() -> None:
    # The policy judges, too: 3 of its 8 calls, 60 of its 400 tokens.
    roles = (entry("policy", 8, 50, 400),)
    judged = row(0, answering("1"), roles=roles, cost={"judge_calls": 3, "judge_tokens": 60})
    scores = scores_of([judged], (), judge="policy")
    assert scores.sampled == {"policy": 340}
    assert scores.calls == {"policy": 5}


def test_no_rows_have_no_scores() -> None:
    with pytest.raises(ValueError, match="got no rows"):
        scores_of([], ())
