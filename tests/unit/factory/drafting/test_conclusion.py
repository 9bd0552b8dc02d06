"""Ends of searches: who is chosen, what is judged, what a top-up adds."""

from __future__ import annotations

import pytest
from support.fakes import RIGHT, WRONG
from support.searches.scripted import scripted_policy

from factory.drafting.conclusion import MAX, WEIGHTED, Draft, conclude, picked, stood
from factory.drafting.steps import plant
from factory.rollouts.nodes import Node
from factory.rollouts.policy import Policy
from factory.types import LENGTH


def leaves(policy: Policy, *texts: str) -> list[Node]:
    return [plant(policy, text, action="step") for text in texts]


def test_equal_texts_stand_together_and_of_an_answers_drafts_the_best_is_chosen() -> None:
    policy = scripted_policy({})
    four, five, also = leaves(policy, RIGHT, WRONG, f"so\n{WRONG}")
    drafts = [Draft(four, 1.5), Draft(five), Draft(also, 0.5), Draft(five)]
    assert picked(policy, drafts) == Draft(five, 2.0, times=2)
    assert picked(policy, [*drafts, Draft(four)]) == Draft(four, 2.5, times=2)


@pytest.mark.parametrize(("select", "place"), [("majority", 1), (WEIGHTED, 2), (MAX, 3)])
def test_votes_scores_or_both_choose(select: str, place: int) -> None:
    """5 has three votes, of .2 and .1; 4 has two, of .5; 6 has one, of .9."""
    policy = scripted_policy({})
    ends = leaves(policy, WRONG, f"so\n{WRONG}", RIGHT, "The answer is 6.")
    facts = [(0.1, 2), (0.2, 1), (0.5, 2), (0.9, 1)]
    drafts = [Draft.scored(leaf, score, times) for leaf, (score, times) in zip(ends, facts, strict=True)]
    assert picked(policy, drafts, select) == drafts[place]


@pytest.mark.parametrize("select", ["majority", WEIGHTED, MAX])
def test_what_states_no_answer_or_does_not_stand_is_not_chosen(select: str) -> None:
    policy = scripted_policy({})
    mute, out, four = leaves(policy, "No idea.", WRONG, RIGHT)
    drafts = [Draft.scored(mute, 0.9, 3), Draft(out, None, 0.8), Draft.scored(four, 0.1)]
    assert picked(policy, drafts, select) == drafts[2]
    assert picked(policy, drafts[:2], select) is None


async def test_what_does_not_stand_is_judged_and_what_is_left_is_only_where_nothing_stands() -> None:
    policy = scripted_policy({})
    out, four, left = leaves(policy, WRONG, RIGHT, "and so")
    solutions = await conclude(policy, [Draft(out, None), Draft(four), Draft(out, None)], [left], method="beam")
    assert solutions == [*policy.tree.solutions, policy.tree.solutions[0]]
    assert [(one.text, one.score, one.occurrences, one.selected) for one in policy.tree.solutions] == [
        (WRONG, None, 2, False),
        (RIGHT, 1.0, 1, True),
    ]
    left.finish = LENGTH
    assert await conclude(policy, [], [left], method="beam") == []
    assert [one.text for one in policy.tree.solutions if one.finish_reason == LENGTH] == ["and so"]


async def test_a_top_up_elects_among_all_and_counts_a_text_that_comes_again() -> None:
    policy = scripted_policy({})
    four, five = leaves(policy, RIGHT, WRONG)
    await conclude(policy, [Draft(four), Draft(five), Draft(four)], method="self_refine")
    again = [Draft(five), Draft(five)]
    await conclude(policy, again, method="self_refine", earlier=stood(policy.tree, "self_refine"))
    assert [(one.text, one.score, one.occurrences, one.selected) for one in policy.tree.solutions] == [
        (RIGHT, 2.0, 2, False),
        (WRONG, 3.0, 3, True),
    ]
