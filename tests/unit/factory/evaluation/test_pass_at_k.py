"""Accuracy, pass@k and majority vote from records, with how sure they are."""

from __future__ import annotations

from itertools import combinations
from math import sqrt
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from factory.evaluation.pass_at_k import pass_at_k, score


def solution(answer: str | None, verdict: str, occurrences: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "final_answer": answer, "verdict": verdict, "occurrences": occurrences, "finish_reason": "stop",
        "method": "sample", **more,
    }  # fmt: skip


def row(*solutions: dict[str, Any], status: str = "ok") -> dict[str, Any]:
    return {"solutions": list(solutions), "status": status}


RIGHT, WRONG = solution("4", "correct"), solution("5", "incorrect")


@hypothesis.given(st.data())
def test_the_estimator_is_the_share_of_all_choices_of_k_that_hold_a_right_one(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 9))
    right, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    chosen = list(combinations([True] * right + [False] * (n - right), k))
    assert pass_at_k(n, right, k) == pytest.approx(sum(map(any, chosen)) / len(chosen))


@pytest.mark.parametrize(("n", "right", "k"), [(4, 1, 5), (4, 5, 1), (4, -1, 1), (4, 1, 0), (0, 0, 1)])
def test_the_estimator_refuses_what_it_is_not_defined_for(n: int, right: int, k: int) -> None:
    with pytest.raises(ValueError, match="expected 1 <= k <= n"):
        pass_at_k(n, right, k)


def test_greedy_accuracy_comes_with_its_standard_error() -> None:
    found = score([row(RIGHT), row(WRONG), row(WRONG), row(RIGHT), row(WRONG)])
    assert (found.questions, found.samples, found.accuracy) == (5, 5, pytest.approx(0.4))
    assert found.accuracy_error == pytest.approx(sqrt(0.4 * 0.6 / 4))
    assert found.pass_at == {1: pytest.approx(0.4)}


def test_a_text_counts_as_often_as_it_came() -> None:
    found = score([row(solution("4", "correct", 3), solution("5", "incorrect", 1))], ks=[1, 2, 4])
    assert (found.samples, found.accuracy) == (4, 0.75)
    assert found.pass_at == {1: pytest.approx(0.75), 2: 1.0, 4: 1.0}


def test_what_was_cut_off_or_failed_is_not_solved() -> None:
    cut_off = solution("4", "correct", finish_reason="length")
    found = score([row(cut_off), row(RIGHT, status="failed"), row(status="failed"), row(RIGHT)], ks=[1, 3])
    assert (found.questions, found.accuracy, found.truncated, found.failed) == (4, 0.25, 1, 2)
    assert found.pass_at == {1: 0.25, 3: 0.25}
    assert found.majority == 0.25


def test_unparsable_ones_are_counted_and_wrong() -> None:
    found = score([row(solution(None, "unparsable", 3), RIGHT)])
    assert (found.unparsable, found.accuracy) == (3, 0.25)


@pytest.mark.parametrize("method", ["rollout", "given"])
def test_only_samples_of_the_question_count(method: str) -> None:
    assert score([row(WRONG, solution("4", "correct", 9, method=method))]).accuracy == 0.0


@pytest.mark.parametrize(
    ("solutions", "majority"),
    [
        ([RIGHT, solution("4.0", "correct"), solution("5", "incorrect", 1)], 1.0),
        ([RIGHT, solution("5", "incorrect"), solution("$5$", "incorrect")], 0.0),
        ([RIGHT, WRONG], 0.5),
        ([RIGHT, WRONG, solution("6", "incorrect")], 1 / 3),
        ([RIGHT, solution(None, "unparsable", 5), solution("5", "incorrect", 9, finish_reason="length")], 1.0),
        ([], 0.0),
    ],
)
def test_the_most_frequent_answer_wins_and_a_tie_counts_in_part(solutions: list[Any], majority: float) -> None:
    assert score([row(*solutions)]).majority == pytest.approx(majority)


def test_one_question_has_no_standard_error_and_rows_are_read_once() -> None:
    found = score(iter([row(RIGHT)]), ks=[2])
    assert (found.accuracy_error, found.pass_at_error) == (None, {2: None})


def test_no_rows_and_no_k_are_refused() -> None:
    with pytest.raises(ValueError, match="no rows"):
        score([])
    with pytest.raises(ValueError, match="from 1 on"):
        score([row(RIGHT)], ks=[0])


def test_guided_solutions_are_no_samples_unless_the_search_has_nothing_else_to_answer_with() -> None:
    guided = [{**RIGHT, "independent": False, "selected": chosen, "occurrences": 3} for chosen in (False, True)]
    both = score([row({**RIGHT, "independent": True}, WRONG, *guided)])
    assert (both.samples, both.accuracy) == (2, 0.5)
    alone = [score([row(*guided)]), score([row({**WRONG, "independent": False, "selected": True})])]
    assert [(one.samples, one.accuracy) for one in alone] == [(1, 1.0), (1, 0.0)]
    assert score([row(guided[0])]).samples == 0
