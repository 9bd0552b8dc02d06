"""Votes of drafts, and values that follow them."""

from __future__ import annotations

from collections import Counter

from support.searches.scripted import scripted_policy

from factory.drafting.ballot import Ballot, revalue
from factory.drafting.steps import graft, plant
from factory.drafting.uct import backup
from factory.types import LENGTH


def test_votes_are_counted_by_meaning_and_a_draft_that_comes_again_votes_again() -> None:
    policy = scripted_policy({})
    four, also, five, none = (
        plant(policy, text, action="A2")
        for text in ("The answer is x.", "So: The answer is X.", "The answer is 5.", "No idea.")
    )
    ballot = Ballot(policy)
    for leaf in (four, five, none, also, four):
        ballot.add(leaf)
    assert [(choice.answer, choice.votes) for choice in ballot.choices] == [("x", 3), ("5", 1)]
    assert [ballot.share(leaf) for leaf in (four, also, five, none)] == [0.75, 0.75, 0.25, 0.0]
    assert [ballot.votes(leaf) for leaf in (four, also, five, none)] == [2, 1, 1, 0]


def test_votes_have_weights_and_of_equal_answers_the_first_leads() -> None:
    policy = scripted_policy({})
    four, five, six = (plant(policy, f"so\nThe answer is {number}.", action="A2") for number in (4, 5, 6))
    ballot = Ballot(policy)
    assert ballot.leading is None
    for leaf, weight in ((four, 0.25), (five, 0.75), (four, 0.25), (six, 0.75)):
        ballot.add(leaf, weight)
    assert [(choice.answer, choice.votes) for choice in ballot.choices] == [("4", 0.5), ("5", 0.75), ("6", 0.75)]
    assert ballot.leading is ballot.choice(five)


def test_without_a_reader_of_answers_every_text_is_its_own() -> None:
    policy = scripted_policy({})
    policy.reader = None
    ballot = Ballot(policy)
    for text in ("a", "b", "a\n"):
        ballot.add(plant(policy, text, action="A2"))
    assert [(choice.answer, choice.votes) for choice in ballot.choices] == [("a", 2), ("b", 1)]


def test_a_draft_that_ends_with_nothing_more_is_the_text_in_front_of_it() -> None:
    policy = scripted_policy({})
    node = policy.tree.root
    for text in ("a\n", "The answer is 4.\n"):
        node = plant(policy, text, action="A1", finish="", node=node)
    end = plant(policy, "", action="A2", node=node)
    ballot = Ballot(policy)
    ballot.add(end)
    assert (ballot.share(end), ballot.share(node)) == (1.0, 1.0)


def test_a_text_that_ended_at_several_nodes_is_one_draft_with_its_votes() -> None:
    policy = scripted_policy({})
    cut = plant(policy, "a\nThe answer is", action="A2", finish=LENGTH)
    line = graft(policy.tree, cut.path()[0], "The answer is 4.\n", action="A1")
    one, other = plant(policy, "a\nThe answer is 4.", action="A2"), plant(policy, "", action="A2", node=line)
    ballot = Ballot(policy)
    for leaf in (other, one, other):
        ballot.add(leaf)
    assert Counter(leaf.text.rstrip() for leaf in ballot.ends(policy.tree)) == {one.text: 3, cut.text: 1}


def test_values_are_those_of_the_ends_of_visits() -> None:
    """Two visits ended in one leaf, one in another, one at the root, which is worth nothing."""
    policy = scripted_policy({})
    one, other = (plant(policy, f"a\n{text}", action="A2") for text in ("b", "c"))
    worth = {one: 0.5, other: 0.25}
    for node in (one, one, other, policy.tree.root):
        backup(node, 0.0)
    for _ in range(2):
        revalue(policy.tree, lambda node: worth.get(node, 0.0))
        assert [node.reward for node in (policy.tree.root, one.parent, one, other)] == [1.25, 1.25, 1.0, 0.25]
