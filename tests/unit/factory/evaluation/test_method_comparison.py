"""Methods held against a reference, question by question, at their token budgets."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

from factory.evaluation.method_comparison import Measured, compared
from factory.evaluation.method_scores import MAJORITY, MethodScores


def measured(method: str, rights: list[float], tokens: int, amount: int = 8, **counts: Mapping[str, int]) -> Measured:
    """Return scores on questions "0", "1", …, of `tokens` sampled by the policy on each."""
    scores = MethodScores(
        rights={str(number): right for number, right in enumerate(rights)},
        answered_by=MAJORITY,
        sampled={"policy": tokens * len(rights)},
        scored=counts.get("scored", {}),
        read={},
        calls={},
        question_seconds=1.0,
        failed=0,
    )
    return Measured(method=method, amount=amount, scores=scores)


def test_a_gain_is_paired_question_by_question() -> None:
    # Both are right on half of the questions more or less; the other is right wherever the reference is, and once more.
    reference, other = measured("majority", [1, 1, 0, 0], 100), measured("beam", [1, 1, 1, 0], 100)
    first, second = compared([reference, other], "majority")
    assert (first.result.accuracy, first.result.gain, first.result.gain_error) == (0.5, 0, 0)
    assert second.result.gain == 0.25
    # Differences 0, 0, 1, 0: variance 0.25, so the error is sqrt(0.25 / 4). Of the accuracies alone it would be .38.
    assert second.result.gain_error == pytest.approx(0.25)
    assert second.result.error == pytest.approx(math.sqrt(0.25 / 4))


def test_a_row_off_the_budget_is_marked() -> None:
    rows = compared([measured(name, [1, 0], tokens) for name, tokens in (("a", 100), ("b", 109), ("c", 111))], "a")
    assert [row.off_budget for row in rows] == [False, False, True]
    assert rows[2].ratio == pytest.approx(1.11)


def test_a_budget_that_was_asked_for_holds_for_the_reference_as_well() -> None:
    [row] = compared([measured("a", [1, 0], 100)], "a", budget=200)
    assert row.ratio == 0.5
    assert row.off_budget


def test_tokens_that_a_reward_model_reads_count_by_their_weight() -> None:
    guided = measured("beam", [1, 0], 100, scored={"prm": 100})
    assert [row.tokens for row in compared([guided], "beam")] == [100]
    assert [row.tokens for row in compared([guided], "beam", scored_weight=0.5)] == [125]


def test_with_several_amounts_a_row_is_held_against_the_reference_of_most_nearly_its_tokens() -> None:
    references = [measured("majority", [0, right], tokens, tokens) for right, tokens in ((0, 100), (1, 400))]
    rows = compared([*references, measured("beam", [1, 1], 250)], "majority")
    assert [row.against.amount for row in rows] == [100, 400, 400]
    assert rows[2].result.gain == 0.5


def test_other_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="different questions"):
        compared([measured("a", [1, 0], 1), measured("b", [1], 1)], "a")
    with pytest.raises(ValueError, match="not among"):
        compared([measured("a", [1], 1)], "b")
