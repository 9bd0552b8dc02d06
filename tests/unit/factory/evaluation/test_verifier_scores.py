"""Verifiers measured on records: first errors, right against wrong, and the provers that they play with."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.evaluation.prover_scores import prover_scores, verdicts
from factory.evaluation.verifier_scores import (
    auc,
    held_out_first_errors,
    labelled_first_errors,
    scored_outcomes,
    step_scores,
    tuning_questions,
)


def solution(name: str, verdict: str = "correct", **changed: Any) -> dict[str, Any]:
    return {
        "solution_id": name,
        "verdict": verdict,
        "finish_reason": "stop",
        "method": "sample",
        "hinted": False,
        "first_error": None,
        "score": None,
        "occurrences": 1,
        **changed,
    }


def record(*solutions: dict[str, Any], question: str = "q") -> dict[str, Any]:
    return {"question_id": question, "solutions": list(solutions)}


def test_a_labelled_first_error_that_the_verdict_contradicts_is_left_out() -> None:
    rows = [
        record(
            solution("right", first_error=-1),
            solution("wrong", "incorrect", first_error=1),
            solution("contradicted", "incorrect", first_error=-1),
            solution("lucky", first_error=0),
            solution("unknown", "incorrect"),
            solution("cut", first_error=0, finish_reason="length"),
            solution("probe", first_error=0, method="rollout"),
        )
    ]
    assert labelled_first_errors(rows) == {"right": ("q", -1), "wrong": ("q", 1), "lucky": ("q", 0)}


def node(number: int, parent: int | None, text: str, score: float | None) -> dict[str, Any]:
    return {"node": number, "parent": parent, "text": text, "score": score}


def test_scores_of_steps_are_read_along_the_path_of_the_solution() -> None:
    # Two solutions share the first step; the second's last step has no score, as the verifier could not read it.
    tree = [node(0, None, "", None), node(1, 0, "a\n", 0.9), node(2, 1, "b", 0.4), node(3, 1, "c", None)]
    both = [solution("ab", text="a\nb", step_ends=[2, 3]), solution("ac", text="a\nc", step_ends=[2, 3])]
    assert step_scores([{"tree": tree, "solutions": both}]) == {"ab": (0.9, 0.4)}


def test_the_threshold_is_tuned_on_other_questions_than_those_measured() -> None:
    # Every error has the score .3, everything else .6: a threshold between them names all of them.
    questions = [f"q{number}" for number in range(10)]
    truths = {f"{kind} {one}": (one, -1 if kind == "right" else 1) for one in questions for kind in ("right", "wrong")}
    scores = {name: (0.6, 0.6 if first == -1 else 0.3) for name, (_, first) in truths.items()}
    measured = held_out_first_errors(truths, scores, 0.3, seed=0)
    assert measured is not None
    assert 0.3 < measured.threshold <= 0.6
    assert (measured.tuned_on, measured.scores.erroneous, measured.scores.correct) == (6, 7, 7)
    assert measured.scores.f1 == 1
    assert len(tuning_questions(questions, 0.3, 0)) == 3
    assert held_out_first_errors(truths, {}, 0.3, seed=0) is None


def test_the_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    # Right ones at .9 and .4, wrong ones at .4 and .1: of four pairs three are won and one is tied.
    assert auc([(0.9, True), (0.4, True), (0.4, False), (0.1, False)]) == pytest.approx(3.5 / 4)
    assert auc([(0.9, True)]) is None


@given(st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.3]), st.booleans()), max_size=12))
def test_the_auc_is_that_of_all_pairs(outcomes: list[tuple[float, bool]]) -> None:
    pairs = [(one, other) for one, right in outcomes if right for other, wrong in outcomes if not wrong]
    won = sum((one > other) + (one == other) / 2 for one, other in pairs)
    assert auc(outcomes) == (pytest.approx(won / len(pairs)) if pairs else None)


def test_provers_are_measured_by_question_and_texts_as_often_as_they_came() -> None:
    rows = [
        record(
            solution("a", score=0.8, occurrences=3),
            solution("b", "incorrect", score=0.6),
        ),
        record(
            solution("c", "incorrect", score=0.4),
            solution("d", "unparsable", score=0.1),
        ),
        record(),
    ]
    scores = prover_scores(rows)
    assert (scores.questions, scores.samples) == (3, 6)
    assert scores.right == pytest.approx((0.75 + 0 + 0) / 3)
    assert scores.wrong == pytest.approx((0.25 + 0.5 + 0) / 3)
    assert scores.convincing_wrong == pytest.approx(0.25 / 3)
    assert (scores.score_right, scores.score_wrong) == (pytest.approx(0.8), pytest.approx(0.5))
    assert scores.score == pytest.approx((3 * 0.8 + 0.6 + 0.4 + 0.1) / 6)
    outcomes = scored_outcomes(rows)
    assert sorted(outcomes) == [(0.4, False), (0.6, False), (0.8, True), (0.8, True), (0.8, True)]
    # The wrong one at .6 is believed; everything right is above everything wrong.
    assert (verdicts(outcomes).accuracy, verdicts(outcomes).auc) == (0.8, 1.0)
    assert (verdicts(outcomes).score_right, verdicts(outcomes).score_wrong) == (pytest.approx(0.8), pytest.approx(0.5))
    assert verdicts([]).accuracy is None
