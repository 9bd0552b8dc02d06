"""Solutions that a search guided or revised, and those of other roles: what each format takes of them."""

from __future__ import annotations

from typing import Any

import pytest
from support.records import a_record, a_solution, searched

from factory.contracts.formats import FORMATS
from factory.evaluation.pass_at_k import score
from factory.formats import orm, preference
from factory.self_training.candidates import candidates


def solution(text: str, verdict: str = "correct", **fields: Any) -> dict[str, Any]:
    """Return a judged solution of one step."""
    return a_solution([(text, None)], verdict, **fields)


RIGHT, WRONG = solution("It is 14."), solution("It is 9.", "incorrect")
GUIDED = solution("By search, 14.", method="beam", independent=False, score=0.9, selected=True)
GUIDED_WRONG = solution("By search, 9.", "incorrect", method="beam", independent=False, score=0.25)
SNEAKY = solution("Trust me, 14.", role="sneaky", method="prover_verifier")
SNEAKY_WRONG = solution("Trust me, 9.", "incorrect", role="sneaky", method="prover_verifier")


def texts(name: str, *solutions: dict[str, Any]) -> str:
    """Return all that a format says of a record, as one text."""
    return str(list(FORMATS.load(name).rows(a_record("Q?", list(solutions)))))


@pytest.mark.parametrize("name", ["sft", "prompt_completion", "preference", "orm"])
def test_what_a_search_has_guided_is_worth_learning(name: str) -> None:
    assert "By search, 14." in texts(name, GUIDED, WRONG)


@pytest.mark.parametrize("name", ["unpaired", "revisions"])
def test_what_a_search_has_guided_says_nothing_of_the_policy_by_itself(name: str) -> None:
    said = texts(name, RIGHT, WRONG, GUIDED, GUIDED_WRONG)
    assert "It is 14." in said
    assert "By search" not in said


@pytest.mark.parametrize("name", ["sft", "prompt_completion", "preference", "unpaired", "revisions"])
def test_what_another_role_wrote_is_not_to_be_imitated(name: str) -> None:
    assert "Trust me" not in texts(name, RIGHT, WRONG, SNEAKY, SNEAKY_WRONG)


def test_a_verifier_learns_from_everybody_and_is_told_whom() -> None:
    rows = list(orm.rows(a_record("Q?", [RIGHT, GUIDED, SNEAKY_WRONG])))
    assert [(row["role"], row["independent"], row["selected"], row["score"], row["label"]) for row in rows] == [
        ("policy", True, False, None, True),
        ("policy", False, True, 0.9, True),
        ("sneaky", True, False, None, False),
    ]


def test_a_margin_is_of_the_scores_where_one_search_gave_both() -> None:
    [row] = preference.rows(a_record("Q?", [GUIDED, GUIDED_WRONG]))
    assert row["margin"] == pytest.approx(0.65)
    assert row["margin_of"] == "score"


def test_without_comparable_scores_a_margin_is_of_the_verdicts() -> None:
    for other in (WRONG, {**GUIDED_WRONG, "method": "mcts"}):
        [row] = preference.rows(a_record("Q?", [GUIDED, other]))
        assert (row["margin"], row["margin_of"]) == (1.0, "verdict")


def test_a_search_that_preferred_the_wrong_solution_gives_a_negative_margin() -> None:
    [row] = preference.rows(a_record("Q?", [{**GUIDED, "score": 0.1}, GUIDED_WRONG]))
    assert row["margin"] == pytest.approx(-0.15)


def test_nobody_prefers_a_step_of_a_prover_that_was_told_to_be_wrong() -> None:
    record = searched()
    for solution in record["solutions"]:
        solution["role"] = "sneaky"
    assert not list(FORMATS.load("step_preference").rows(record))


def test_no_guided_solution_is_a_sample_of_pass_at_k() -> None:
    counts = score([a_record("Q?", [WRONG, GUIDED, GUIDED])])
    assert (counts.samples, counts.accuracy) == (1, 0)


def test_self_training_may_keep_what_a_search_has_guided_but_nothing_of_another_role() -> None:
    kept = candidates(a_record("Q?", [RIGHT, GUIDED, SNEAKY]))
    assert [(one.text, one.independent) for one in kept] == [("It is 14.", True), ("By search, 14.", False)]
