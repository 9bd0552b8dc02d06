"""Prover–verifier sampling and scores of given solutions: golden trees, worked out by hand."""

from __future__ import annotations

from random import Random

import pytest
from support.fakes import completion
from support.searches.scripted import asked_after_checking, scripted_policy, unseal_at_settling

from factory.contracts.roles import SCORE
from factory.errors import BadInput, PromptTooLong
from factory.rollouts.policy import Policy
from factory.search import prover_verifier, score_given
from factory.search.prover_verifier import Config, roles, search
from factory.types import LENGTH, POLICY

ASKED = "Question: What is 2 + 2?\nAnswer:\n"
# The last examples of the two prompts: the helpful prover's ends on 17, the sneaky one's on 18.
HELPFUL, SNEAKY = (POLICY, f"The answer is 17.\n\n{ASKED}"), (POLICY, f"The answer is 18.\n\n{ASKED}")
FOUR, FIVE, SIX = (f"2 + 2 = {number}.\nThe answer is {number}." for number in (4, 5, 6))
SCRIPT = {HELPFUL: [FIVE, FOUR, FIVE], SNEAKY: [SIX, FOUR, "I will not."]}
# Scores of a last step. The verifier likes 4 best, and is taken in by 6.
SCORES = {"is 4": 0.9, "is 5": 0.2, "is 6": 0.7, "not": 0.1}


async def played(monkeypatch, script=SCRIPT, scores=SCORES, **settings) -> Policy:
    policy = scripted_policy(script, scores, sealed=True)
    unseal_at_settling(monkeypatch, prover_verifier, policy)
    await search(policy.tree, policy, Config(**{"helpful": 3, "sneaky": 3, **settings}), Random(0))
    return policy


def written(policy: Policy) -> list[tuple[str, str, str, float | None, int, bool]]:
    return [
        (one.text, one.role, str(one.verdict.outcome), one.score, one.occurrences, one.selected)
        for one in policy.tree.solutions
    ]


async def test_both_provers_write_and_the_verifier_scores_each_text_once(monkeypatch) -> None:
    policy = await played(monkeypatch, verifier="verifier")
    # 4 is the helpful prover's, who wrote it first; the sneaky one's second sample makes it come twice.
    assert written(policy) == [
        (FIVE, "helpful", "incorrect", 0.2, 2, False),
        (FOUR, "helpful", "correct", 0.9, 2, True),
        (SIX, "sneaky", "incorrect", 0.7, 1, False),
        ("I will not.", "sneaky", "unparsable", 0.1, 1, False),
    ]
    assert policy.models.scored == [("verifier", text) for text in (FIVE, FOUR, SIX, "I will not.")]
    assert [request.n for request in policy.models.requests] == [3, 3]
    assert not asked_after_checking(policy.models)
    assert policy.tree.root.trials == 0
    assert not any(one.independent for one in policy.tree.solutions)
    assert policy.cost.policy_calls == 6


async def test_without_a_verifier_nothing_is_scored_and_helpful_votes_select(monkeypatch) -> None:
    policy = await played(monkeypatch)
    assert policy.models.scored == []
    assert [(one.text, one.score, one.selected) for one in policy.tree.solutions][:2] == [
        (FIVE, None, True),
        (FOUR, None, False),
    ]
    assert roles(Config()) == {}
    assert roles(Config(verifier="verifier")) == {"verifier": SCORE}


async def test_a_sneaky_solution_is_never_selected(monkeypatch) -> None:
    policy = await played(monkeypatch, helpful=0, verifier="verifier")
    assert [one.role for one in policy.tree.solutions] == ["sneaky"] * 3
    assert not any(one.selected for one in policy.tree.solutions)


async def test_a_given_text_is_no_provers() -> None:
    policy = scripted_policy(SCRIPT)
    await policy.adopt(FOUR, SIX)
    await search(policy.tree, policy, Config(helpful=3, sneaky=3), Random(0))
    assert {one.text: one.role for one in policy.tree.solutions if one.method == "given"} == {FOUR: "", SIX: ""}


async def test_where_the_verifier_can_read_nothing_helpful_votes_select(monkeypatch) -> None:
    async def refuse(role, question, steps):
        raise PromptTooLong("too long")

    policy = scripted_policy(SCRIPT)
    monkeypatch.setattr(policy.models, "score", refuse)
    await search(policy.tree, policy, Config(helpful=3, sneaky=3, verifier="verifier"), Random(0))
    assert [(one.text, one.score) for one in policy.tree.solutions if one.selected] == [(FIVE, None)]


async def test_what_was_cut_off_is_not_scored_and_white_space_is_no_solution(monkeypatch) -> None:
    cut = completion("2 + 2 = 4.\nThe answer", LENGTH)
    policy = await played(monkeypatch, {HELPFUL: [cut, "  \n", FOUR], SNEAKY: []}, sneaky=0, verifier="verifier")
    assert written(policy) == [
        ("2 + 2 = 4.\nThe answer", "helpful", "unparsable", None, 1, False),
        (FOUR, "helpful", "correct", 0.9, 1, True),
    ]


def test_prompts_and_amounts_are_checked_before_a_run() -> None:
    with pytest.raises(BadInput, match="nobody"):
        Config(sneaky_prompt="nobody")
    with pytest.raises(ValueError, match="sneaky is -1"):
        Config(sneaky=-1)


async def test_given_solutions_get_the_scores_of_their_steps_and_wholes() -> None:
    policy = scripted_policy({}, {"= 4": 0.8, "is 4": 0.6, "= 5": 0.3})
    await policy.adopt(FOUR, FIVE)
    await score_given.search(policy.tree, policy, score_given.Config(aggregate="min"), Random(0))
    assert [(one.text, one.score, one.method) for one in policy.tree.solutions] == [
        (FOUR, 0.6, "given"),
        (FIVE, 0.3, "given"),
    ]
    assert {node.text: node.score for node in policy.tree.nodes[1:]} == {
        "2 + 2 = 4.\n": 0.8,
        FOUR: 0.6,
        "2 + 2 = 5.\n": 0.3,
        FIVE: 0.5,
    }
    assert policy.models.requests == []
