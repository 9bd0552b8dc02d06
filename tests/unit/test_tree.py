"""What counts as evidence, and where."""

from __future__ import annotations

import pytest
from fakes import QUESTION

from factory.tree import Tree
from factory.types import Outcome, Step, Verdict

CORRECT = Verdict(outcome=Outcome.CORRECT, answer="4")
INCORRECT = Verdict(outcome=Outcome.INCORRECT, answer="5")


def steps(*texts: str) -> list[Step]:
    return [Step(text=text, token_ids=tuple(map(ord, text))) for text in texts]


@pytest.fixture
def tree() -> Tree:
    return Tree(QUESTION)


def add(tree: Tree, start, texts, verdict=CORRECT, finish_reason="stop"):
    return tree.add(start, steps(*texts), verdict, finish_reason=finish_reason, method="sample")


def test_a_rollout_counts_at_its_start(tree):
    add(tree, tree.root, ["a\n", "b"], CORRECT)
    add(tree, tree.root, ["c\n", "d"], INCORRECT)
    assert (tree.root.trials, tree.root.successes) == (2, 1)


def test_a_rollout_does_not_count_at_nodes_it_opened(tree):
    found = add(tree, tree.root, ["a\n", "b\n", "c"], INCORRECT)
    assert [node.trials for node in found.leaf.path()] == [0, 0, 0]


def test_a_later_rollout_counts_where_it_passes_through(tree):
    first = add(tree, tree.root, ["a\n", "b\n", "c"], INCORRECT)
    add(tree, tree.root, ["a\n", "x\n", "y"], CORRECT)
    shared, own = first.leaf.path()[:2]
    assert (shared.trials, shared.successes) == (1, 1)
    assert own.trials == 0


def test_identical_prefixes_are_one_node_with_one_value(tree):
    first = add(tree, tree.root, ["a\n", "b"])
    second = add(tree, tree.root, ["a\n", "c"])
    assert first.leaf.parent is second.leaf.parent


def test_the_same_text_again_is_one_solution_more_often(tree):
    first = add(tree, tree.root, ["a\n", "b"])
    again = add(tree, tree.root, ["a\n", "b"])
    assert first is again
    assert again.occurrences == 2
    assert len(tree.solutions) == 1
    assert tree.root.trials == 2


@pytest.mark.parametrize("outcome", [Outcome.UNPARSABLE, Outcome.TIMEOUT, Outcome.ERROR])
def test_an_unjudged_rollout_is_no_evidence(tree, outcome):
    found = add(tree, tree.root, ["a"], Verdict(outcome=outcome))
    assert tree.root.trials == 0
    assert found.outcome is None
    assert not found.is_wrong


@pytest.mark.parametrize("verdict", [CORRECT, INCORRECT])
def test_a_cut_off_rollout_is_no_evidence_whatever_its_verdict(tree, verdict):
    found = add(tree, tree.root, ["a"], verdict, finish_reason="length")
    assert tree.root.trials == 0
    assert found.outcome is None


def test_a_continuation_counts_at_its_prefix_and_not_above(tree):
    first = add(tree, tree.root, ["a\n", "b\n", "c"], INCORRECT)
    prefix = first.leaf.path()[0]
    add(tree, prefix, ["x"], CORRECT)
    assert (prefix.trials, prefix.successes) == (1, 1)
    assert tree.root.trials == 1


def test_a_continuation_without_text_ends_at_its_prefix(tree):
    prefix = add(tree, tree.root, ["a\n", "b"]).leaf.parent
    ended = add(tree, prefix, [], INCORRECT)
    assert ended.leaf is prefix
    assert (prefix.trials, prefix.successes) == (1, 0)


def test_a_solution_that_ends_where_another_goes_on_is_another_node(tree):
    long = add(tree, tree.root, ["a\n", "b"])
    short = add(tree, tree.root, ["a"])
    assert short.leaf is not long.leaf.parent


def test_a_node_knows_its_exact_tokens_and_text(tree):
    leaf = add(tree, tree.root, ["a\n", "bc\n", "d"]).leaf
    assert leaf.text == "a\nbc\nd"
    assert leaf.parent.token_ids == tuple(map(ord, "a\nbc\n"))


def test_measured_nodes_have_their_parents_before_them(tree):
    first = add(tree, tree.root, ["a\n", "b\n", "c\n", "d"], INCORRECT)
    add(tree, first.leaf.path()[2], ["e"], CORRECT)
    rows = [node.index for node in tree.measured()]
    assert rows[:4] == [0, 1, 2, 3]
    assert rows == sorted(rows)


def test_an_ending_is_kept_right_behind_a_measured_prefix_only(tree):
    near = add(tree, tree.root, ["a"], INCORRECT)
    far = add(tree, tree.root, ["b\n", "c"], INCORRECT)
    kept = list(tree.measured())
    assert near.leaf in kept
    assert far.leaf not in kept
