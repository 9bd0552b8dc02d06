"""Diverse verifier tree search, worked out by hand: independent subtrees, one choice over all of them."""

from __future__ import annotations

from typing import Any

from support.fakes import RIGHT, WRONG
from support.searches.guided import Guided, reads_gold_last, searched, selected, steps_of

from factory.contracts.search import SEARCH
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree

# Two subtrees of one beam, two samples of each step. One search of two beams would go on with b and c.
#   level 1: subtree 1: a, b   scores .2 .9  → b      subtree 2: c, a    .8 .2  → c
#   level 2: b → RIGHT, WRONG  .5 .4                  c → d, d           .6     → d
#   level 3:                                          c d → WRONG twice  .3
# Weighted: "4" has .5, "5" has .4 + 2 · .3 = 1.
STEPS = {"": ["a\n", "b\n", "c\n", "a\n"], "b\n": [RIGHT, WRONG], "c\n": ["d\n", "d\n"], "c\nd\n": [WRONG, WRONG]}
SCORES = {
    "a\n": 0.2,
    "b\n": 0.9,
    "c\n": 0.8,
    f"b\n{RIGHT}": 0.5,
    f"b\n{WRONG}": 0.4,
    "c\nd\n": 0.6,
    f"c\nd\n{WRONG}": 0.3,
}


def models(**changes: Any) -> Guided:
    return Guided(**{"steps": STEPS, "scores": SCORES, **changes})


async def subtrees(fakes: Guided, **config: Any) -> Tree:
    return await searched(fakes, "dvts", **{"subtrees": 2, "expansions": 2, **config})


async def test_each_subtree_follows_its_own_best_draft() -> None:
    fakes = models()
    tree = await subtrees(fakes)
    assert fakes.asked == [("", 2), ("", 2), ("b\n", 2), ("c\n", 2), ("c\nd\n", 2)]
    assert len({request.seed for request in fakes.requests}) == 5
    ended = {f"b\n{RIGHT}", f"b\n{WRONG}", f"c\nd\n{WRONG}"}
    assert steps_of(tree) == {text: ("step", "stop" * (text in ended), score) for text, score in SCORES.items()}


async def test_a_draft_of_two_subtrees_is_scored_once() -> None:
    fakes = models()
    await subtrees(fakes)
    assert sorted(fakes.texts("score")) == sorted(SCORES)


async def test_the_choice_is_over_all_subtrees() -> None:
    fakes = models()
    weighted, highest = selected(await subtrees(fakes)), selected(await subtrees(models(), select="max"))
    assert weighted is not None
    assert highest is not None
    assert (weighted.text, highest.text) == (f"b\n{WRONG}", f"b\n{RIGHT}")
    assert reads_gold_last(fakes)


async def test_verdicts_change_nothing() -> None:
    chosen = selected(await subtrees(models(lies=True)))
    assert chosen is not None
    assert (chosen.text, chosen.outcome) == (f"b\n{WRONG}", True)


async def test_more_subtrees_are_added_to_those_that_are_there() -> None:
    """One subtree first, the other one later: the same tree and choice as of two at once."""
    fakes = models()
    tree = await subtrees(fakes, subtrees=1)
    assert fakes.asked == [("", 2), ("b\n", 2)]
    first = selected(tree)
    assert first is not None
    assert first.text == f"b\n{RIGHT}"
    policy = Policy(tree=tree, models=fakes, prompt="Q", reader=fakes.reader)
    dvts = SEARCH.load("dvts")
    await dvts.search(tree, policy, dvts.Config(subtrees=2, expansions=2), None)
    assert fakes.asked[2:] == [("", 2), ("c\n", 2), ("c\nd\n", 2)]
    at_once = models()
    whole = await subtrees(at_once)
    assert facts(tree) == facts(whole)
    assert {(one, request.seed) for one, request in zip(fakes.asked, fakes.requests, strict=True)} == {
        (one, request.seed) for one, request in zip(at_once.asked, at_once.requests, strict=True)
    }
    assert sorted(fakes.texts("score")) == sorted(SCORES)


def facts(tree: Tree) -> set[tuple[Any, ...]]:
    return {(one.text, one.score, one.occurrences, one.selected) for one in tree.solutions}
