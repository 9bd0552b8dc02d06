"""Grammar of rStar's actions, in trees that models without a plan have grown."""

from __future__ import annotations

import asyncio
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from support.searches.babbling import Babbling
from support.searches.scripted import scripted_policy

from factory.rollouts.nodes import Node
from factory.rollouts.policy import Policy
from factory.rstar.actions import ACTIONS, FOLLOWS, action_of, open_actions
from factory.search import rstar


def babbled(seed: int, **changes: int) -> Policy:
    """Return the policy of a finished search."""
    policy = scripted_policy({})
    policy.models, policy.seed = Babbling(), seed
    config = rstar.Config(**{"rollouts": 8, "steps": 3, "sub_questions": 2, "finishes": 2, "max_depth": 4, **changes})
    asyncio.run(rstar.search(policy.tree, policy, config, Random(0)))
    return policy


def shape(policy: Policy) -> list[tuple[str, str, int, float, float | None]]:
    return [(node.action, node.text, node.visits, node.reward, node.score) for node in policy.tree.nodes]


@given(st.integers(0, 10_000), st.integers(1, 5))
@settings(max_examples=30)
def test_every_action_is_one_that_may_follow_the_one_before(seed: int, max_depth: int) -> None:
    tree = babbled(seed, max_depth=max_depth).tree
    for node in tree.nodes[1:]:
        assert node.action in ACTIONS
        above = action_of(node.parent or tree.root)
        # The steps of a direct finish follow each other.
        assert node.action in FOLLOWS[above] or node.action == above == "A2"
        assert node.action == "A2" or node.depth < max_depth


@given(st.integers(0, 10_000))
@settings(max_examples=30)
def test_visits_and_rewards_add_up(seed: int) -> None:
    """Each rollout is one visit of the root; what went on went to a child; a reward is a share of the votes."""
    tree = babbled(seed).tree
    assert tree.root.visits == 8
    for node in tree.nodes:
        assert sum(child.visits for child in node.children) <= node.visits
        assert -1e-9 <= node.reward <= node.visits + 1e-9


def test_the_same_seed_gives_the_same_tree() -> None:
    assert shape(babbled(3)) == shape(babbled(3))
    assert shape(babbled(3)) != shape(babbled(4))


def test_what_may_follow() -> None:
    """Successions of arXiv 2408.06195, sec. 3.2, and the finish that is left at the last depth."""
    root = Node(index=0, depth=0)
    assert open_actions(root, 5) == ("A1", "A2", "A3", "A5")
    nodes = {name: Node(index=1, depth=1, parent=root, action=name) for name in ACTIONS}
    assert {name: open_actions(node, 5) for name, node in nodes.items()} == {
        "A1": ("A1", "A2"),
        "A2": (),
        "A3": ("A1", "A2", "A3", "A4"),
        "A4": ("A1", "A2", "A3"),
        "A5": ("A1", "A2", "A3"),
    }
    assert open_actions(nodes["A3"], 2) == ("A2",)
    nodes["A3"].finish = "stop"
    assert open_actions(nodes["A3"], 5) == ()
