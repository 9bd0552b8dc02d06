"""MCTS over steps: a golden tree worked out by hand, PUCT, the values, and what it may not look at."""

from __future__ import annotations

import asyncio
from random import Random

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.searches.babbling import Babbling
from support.searches.scripted import asked_after_checking, scripted_policy, unseal_at_settling

from factory.drafting import settled
from factory.errors import PromptTooLong
from factory.rollouts.nodes import Node
from factory.rollouts.policy import Policy
from factory.search import mcts
from factory.search.mcts import Config
from factory.types import Question

ASKED = "What is 2 + 2?\nAnswer:\n"
FOUR, FIVE = "The answer is 4.", "The answer is 5."

# First steps a, b; later a again and d. Behind b: c or the answer 4; behind d twice 5; behind a twice 4.
SCRIPT = {
    ("policy", ASKED): ["a\n", "b\n", "a\n", "d\n"],
    ("policy", "a\n"): [FOUR, FOUR],
    ("policy", "b\n"): ["c\n", FOUR],
    ("policy", "d\n"): [FIVE, FIVE],
}
SCORES = {"a\n": 0.4, "b\n": 0.8, "c\n": 0.2, "d\n": 0.5, "is 4": 0.9, "is 5": 0.6}


def searched(policy: Policy, rollouts: int = 6, **changes: object) -> dict[str, Node]:
    """Search, and return the nodes by the text up to them."""
    settings = Config(rollouts=rollouts, **{"value": "verifier", "c": 1.0, **changes})  # type: ignore[arg-type]
    asyncio.run(mcts.search(policy.tree, policy, settings, Random(0)))
    return {node.text: node for node in policy.tree.nodes}


def visits(nodes: dict[str, Node], *texts: str) -> list[tuple[int, float]]:
    return [(nodes[text].visits, round(nodes[text].reward, 4)) for text in texts]


def chosen(policy: Policy) -> list[str]:
    return [solution.text for solution in policy.tree.solutions if solution.selected]


def test_the_golden_tree() -> None:
    """Six rollouts, c = 1, at most int(2·sqrt(N)) samples at the N-th visit; values are the scores of last steps.

    1. N(root)=1: 2 samples, a and b. Both are new: a, the first, .4.
    2. int(2·1.41)=2. b is new: .8.
    3. int(2·1.73)=3: one sample more, a again. a: .4 + sqrt(ln 2 / 1) = 1.233; b: .8 + .833 = 1.633. Down to b, which
       gets c and the answer 4; c is the first: .2.
    4. int(2·2)=4: d, new: .5.
    5. a: .4 + sqrt(ln 4 / 1) = 1.577; b: .5 + sqrt(ln 4 / 2) = 1.333; d: .5 + 1.177 = 1.677. d gets the answer 5 twice,
       one child: .6.
    6. a: .4 + sqrt(ln 5 / 1) = 1.669; b: .5 + sqrt(ln 5 / 2) = 1.397; d: .55 + .897 = 1.447. a gets the answer 4: .9.
    """
    policy = scripted_policy(SCRIPT, SCORES)
    nodes = searched(policy)
    assert visits(nodes, "", "a\n", "b\n", "d\n") == [(6, 3.4), (2, 1.3), (2, 1.0), (2, 1.1)]
    assert visits(nodes, "b\nc\n", f"b\n{FOUR}", f"d\n{FIVE}", f"a\n{FOUR}") == [(1, 0.2), (0, 0), (1, 0.6), (1, 0.9)]


@pytest.mark.parametrize(
    ("final", "text"),
    [
        # 4: .9 (behind b, once) + 2 · .9 (behind a, twice) = 2.7; 5: 2 · .6 = 1.2. The first of the fours is b's.
        ("votes", f"b\n{FOUR}"),
        ("value", f"b\n{FOUR}"),
        # a, b and d have two visits each; a came first.
        ("visits", f"a\n{FOUR}"),
    ],
)
def test_the_answer_is_chosen_by_votes_value_or_visits(final: str, text: str) -> None:
    policy = scripted_policy(SCRIPT, SCORES)
    searched(policy, final=final)
    assert chosen(policy) == [text]
    assert {solution.text: solution.score for solution in policy.tree.solutions} == {
        f"b\n{FOUR}": 0.9,
        f"d\n{FIVE}": 0.6,
        f"a\n{FOUR}": 0.9,
    }
    assert not any(solution.independent for solution in policy.tree.solutions)


def test_a_text_that_ends_at_several_nodes_is_one_solution_with_a_vote_for_each_sample() -> None:
    """The answer comes twice as a step that ends, and twice as one that goes on, with nothing."""
    script = {("policy", ASKED): [f"{FOUR}\n", FOUR, FOUR], ("policy", f"{FOUR}\n"): ["", ""]}
    policy = scripted_policy(script, SCORES)
    searched(policy, 3)
    assert [(one.text.rstrip(), one.occurrences, one.selected) for one in policy.tree.solutions] == [(FOUR, 4, True)]
    assert len(policy.models.checked) == 1  # type: ignore[attr-defined]


def test_puct_prefers_what_the_policy_samples_often() -> None:
    """Three of four first steps are a: prior .75 against .25.

    1. All samples at once; both new, so the mean is 0 and the prior decides at sqrt(N(root)) = 0: a, the first. .4.
    2. a: .4 + 1·.75·sqrt(1)/2 = .775; b: 0 + .25·1/1 = .25. Down to a, its new answer: .9.
    3. a: .65 + .75·sqrt(2)/3 = 1.004; b: .25·sqrt(2) = .354. a again.
    UCT would have gone to b at its second rollout, as to everything that is new.
    """
    script = {("policy", ASKED): ["a\n", "a\n", "a\n", "b\n"], ("policy", "a\n"): [FOUR] * 4}
    policy = scripted_policy(script, SCORES)
    nodes = searched(policy, 3, selection="puct", widen=4.0, alpha=0.0, final="value")
    assert visits(nodes, "", "a\n", "b\n") == [(3, 2.2), (3, 2.2), (0, 0.0)]


@pytest.mark.parametrize(("final", "text"), [("votes", FOUR), ("value", FIVE)])
def test_where_the_verifier_can_read_nothing_a_draft_with_an_answer_is_chosen(final: str, text: str) -> None:
    """All four are worth nothing: by votes the answer of two, by value the first that states one."""

    async def refuse(role: str, question: Question, steps: list[str]) -> None:
        raise PromptTooLong("too long")

    policy = scripted_policy({("policy", ASKED): ["No idea.", FIVE, FOUR, FOUR]})
    policy.models.score = refuse  # type: ignore[method-assign, assignment]
    searched(policy, 2, widen=4.0, alpha=0.0, final=final)
    assert chosen(policy) == [text]


def test_a_value_by_votes_follows_the_count_of_the_moment() -> None:
    """a is completed to 4, 4, b to 5, 5, c (behind b) to 4, 4: in the end a 4 is worth 2/3 and a 5 1/3."""
    script = {
        ("policy", ASKED): ["a\n", "b\n"],
        ("policy", "a\n"): [FOUR, FOUR],
        ("policy", "b\n"): [FIVE, FIVE],
    }
    policy = scripted_policy(script)
    nodes = searched(policy, 1, value="votes", samples=2)
    assert visits(nodes, "", "a\n") == [(1, 1.0), (1, 1.0)]

    policy = scripted_policy(script)
    nodes = searched(policy, 2, value="votes", samples=2)
    assert visits(nodes, "", "a\n", "b\n") == [(2, 1.0), (1, 0.5), (1, 0.5)]
    assert chosen(policy) == [f"a\n{FOUR}"]


def test_a_value_by_rollouts_is_the_share_that_the_checker_calls_right() -> None:
    """Its rollouts are evidence for the values of nodes, like a labeller's, and no samples of the question."""
    script = {
        ("policy", ASKED): ["a\n", "b\n"],
        ("policy", "a\n"): [FOUR, FIVE, FIVE, FIVE, FOUR],
        ("policy", "b\n"): [FOUR, FOUR, FOUR, FIVE],
    }
    policy = scripted_policy(script)
    nodes = searched(policy, 2, value="rollouts", samples=4)
    assert visits(nodes, "", "a\n", "b\n") == [(2, 1.0), (1, 0.25), (1, 0.75)]
    assert (nodes["a\n"].trials, nodes["a\n"].successes) == (4, 1)
    # No step ended a solution: the most visited way is completed once (of equals the first), and that is the answer.
    assert [solution.text for solution in policy.tree.solutions if solution.method == "mcts"] == chosen(policy)


@pytest.mark.parametrize("value", ["verifier", "votes"])
def test_gold_is_not_read_before_everything_is_chosen(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    script = {key: [*replies * 3] for key, replies in SCRIPT.items()} | {("policy", "c\n"): [FOUR] * 9}
    policy = scripted_policy(script, SCORES, sealed=True)
    unseal_at_settling(monkeypatch, settled, policy)
    searched(policy, 4, value=value, samples=1)
    assert chosen(policy)
    assert asked_after_checking(policy.models) == []  # type: ignore[arg-type]


def test_more_rollouts_go_on_in_the_tree_that_is_there() -> None:
    policy = scripted_policy({key: [*replies * 3] for key, replies in SCRIPT.items()}, SCORES)
    searched(policy, 2)
    before = {text: node.visits for text, node in ((node.text, node) for node in policy.tree.nodes)}
    nodes = searched(policy, 6)
    assert nodes[""].visits == 6
    assert all(nodes[text].visits >= count for text, count in before.items())
    assert len(chosen(policy)) == 1


def babbled(seed: int, **changes: object) -> Policy:
    policy = scripted_policy({})
    policy.models, policy.seed = Babbling(), seed
    searched(policy, 12, samples=2, max_depth=4, **changes)
    return policy


@given(st.integers(0, 10_000), st.sampled_from(["uct", "puct"]), st.sampled_from(["verifier", "votes", "rollouts"]))
@hypothesis.settings(max_examples=40)
def test_visits_rewards_and_widths_are_what_they_should_be(seed: int, selection: str, value: str) -> None:
    """Each rollout is one visit of the root; N visits allow int(2·sqrt(N)) children; depth is bounded."""
    tree = babbled(seed, selection=selection, value=value).tree
    assert tree.root.visits == 12
    for node in tree.nodes:
        assert sum(child.visits for child in node.children) <= node.visits
        assert -1e-9 <= node.reward <= node.visits + 1e-9
        sampled = [child for child in node.children if child.action == "choice"]
        assert len(sampled) <= max(1, int(2 * node.visits**0.5))
        assert not node.visits or node.depth <= 4


@pytest.mark.parametrize("value", ["verifier", "votes", "rollouts"])
def test_the_same_seed_gives_the_same_tree(value: str) -> None:
    one, same, other = (
        [(node.text, node.visits, node.reward) for node in babbled(seed, value=value).tree.nodes] for seed in (3, 3, 4)
    )
    assert one == same != other


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"selection": "ucb"}, "selection is 'ucb': expected one of uct, puct"),
        ({"samples": 0}, "samples is 0: expected 1 or more"),
        ({"widen": 0.0}, "widen is 0.0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Config(**changes)  # type: ignore[arg-type]
