"""Scores, and the formulas of tree search."""

import math

import pytest
from support.searches.scripted import scripted_policy

from factory.drafting.scores import score_path, score_paths, score_whole
from factory.drafting.steps import graft, plant
from factory.drafting.uct import backup, mean_reward, puct, uct
from factory.errors import PromptTooLong
from factory.rollouts.nodes import Node


async def test_a_verifier_is_asked_once_for_a_path_and_its_scores_stay_at_the_nodes() -> None:
    policy = scripted_policy({}, {"a": 0.9, "b": 0.5, "c": 0.8})
    leaf = plant(policy, "a\nb\nc", action="step")
    scores = [await score_path(policy, leaf, "prm", name) for name in ("last", "min", "product", "mean")]
    assert scores == pytest.approx([0.8, 0.5, 0.36, 2.2 / 3])
    assert policy.models.scored == [("prm", "a\nb\nc")]
    assert [node.score for node in leaf.path()] == [0.9, 0.5, 0.8]
    # A prefix is known by then; a longer draft is not.
    assert await score_path(policy, leaf.path()[1], "prm") == 0.5
    await score_path(policy, graft(policy.tree, leaf.path()[0], "d", action="A1"), "prm")
    assert policy.models.scored[1:] == [("prm", "a\nd")]


async def test_scores_of_several_drafts_come_in_their_order_each_asked_for_once() -> None:
    policy = scripted_policy({}, {"a": 0.9, "b": 0.5})
    one, other = plant(policy, "a", action="step"), plant(policy, "a\nb", action="step")
    assert await score_paths(policy, [one, other, one, policy.tree.root], "prm") == [0.9, 0.5, 0.9, 0.0]
    assert policy.models.scored == [("prm", "a"), ("prm", "a\nb")]


async def test_a_whole_text_is_scored_by_its_steps_and_leaves_nothing() -> None:
    policy = scripted_policy({}, {"b": 0.25})
    leaf = plant(policy, "a\nb", action="step")
    assert (await score_whole(policy, leaf, "orm"), await score_whole(policy, "a\nb", "orm")) == (0.25, 0.25)
    assert (policy.models.scored, leaf.score) == ([("orm", "a\nb")] * 2, None)
    assert await score_whole(policy, policy.tree.root, "orm") == 0.0


async def test_a_draft_that_is_too_long_for_the_verifier_counts_as_nothing() -> None:
    policy = scripted_policy({})

    async def refuse(role, question, steps):
        raise PromptTooLong("too long")

    policy.models.score = refuse
    leaf = plant(policy, "a\nb", action="step")
    assert (await score_path(policy, leaf, "prm"), await score_whole(policy, leaf, "orm")) == (0.0, 0.0)
    assert leaf.score is None


def test_uct_weighs_the_mean_reward_against_the_rarity_of_visits() -> None:
    parent, node = Node(index=0, depth=0, visits=10), Node(index=1, depth=1, visits=4, reward=2.0)
    assert uct(node, parent, 1.4) == pytest.approx(0.5 + 1.4 * math.sqrt(math.log(10) / 4))
    assert uct(Node(index=2, depth=1), parent, 1.4) == math.inf
    assert puct(node, parent, 2.0, 0.25) == pytest.approx(0.5 + 2.0 * 0.25 * math.sqrt(10) / 5)
    assert puct(Node(index=2, depth=1), parent, 2.0, 0.25) == pytest.approx(0.5 * math.sqrt(10))


def test_a_reward_is_backed_up_to_the_root_and_nowhere_else() -> None:
    policy = scripted_policy({})
    leaf, other = plant(policy, "a\nb", action="step"), plant(policy, "a\nc", action="step")
    backup(leaf, 1.0)
    backup(other, 0.5)
    assert [(node.visits, node.reward) for node in (policy.tree.root, *leaf.path(), other)] == [
        (2, 1.5),
        (2, 1.5),
        (1, 1.0),
        (1, 0.5),
    ]
    assert mean_reward(policy.tree.root) == 0.75
