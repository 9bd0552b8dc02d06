"""Best of N, worked out by hand: who is chosen by votes, by scores, by both."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import QUESTION, RIGHT, WRONG, completion
from support.searches.guided import Guided, searched, selected

from factory.contracts.roles import SCORE
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree
from factory.search.best_of_n import Config, roles, search
from factory.types import LENGTH

# "5" three times, in two texts; "4" twice; "6" once. By scores: 5 has 2 · .2 + .3, 4 has .5 + .45, 6 has .8.
SIX = "The answer is 6."
SAMPLES = [f"a\n{WRONG}", f"b\n{RIGHT}", f"a\n{WRONG}", f"c\n{RIGHT}", f"d\n{WRONG}", SIX]
SCORES = {f"a\n{WRONG}": 0.2, f"d\n{WRONG}": 0.3, f"b\n{RIGHT}": 0.45, f"c\n{RIGHT}": 0.5, SIX: 0.8}


def models(**changes: Any) -> Guided:
    return Guided(**{"steps": {"": SAMPLES}, "scores": SCORES, **changes})


@pytest.mark.parametrize(("select", "text"), [("majority", f"a\n{WRONG}"), ("weighted", f"c\n{RIGHT}"), ("max", SIX)])
async def test_votes_scores_or_both_choose(select: str, text: str) -> None:
    fakes = models()
    tree = await searched(fakes, "best_of_n", n=6, select=select)
    assert fakes.asked == [("", 6)]
    chosen = selected(tree)
    assert chosen is not None
    assert chosen.text == text
    assert sorted(fakes.texts("score")) == ([] if select == "majority" else sorted(SCORES))


@pytest.mark.parametrize("select", ["majority", "weighted", "max"])
async def test_verdicts_change_nothing(select: str) -> None:
    ours = selected(await searched(models(), "best_of_n", n=6, select=select))
    theirs = selected(await searched(models(lies=True), "best_of_n", n=6, select=select))
    assert ours is not None
    assert theirs is not None
    assert (ours.text, ours.outcome) == (theirs.text, not theirs.outcome)


async def test_its_samples_are_evidence_and_each_has_its_score() -> None:
    tree = await searched(models(), "best_of_n", n=6)
    assert (tree.root.trials, tree.root.successes) == (6, 2)
    assert {one.text: one.score for one in tree.solutions} == SCORES
    assert all(one.independent for one in tree.solutions)


async def test_the_score_of_a_vote_is_the_share_of_samples() -> None:
    tree = await searched(models(), "best_of_n", n=6, select="majority")
    assert [one.score for one in tree.solutions] == [2 / 6, 1 / 6, 1 / 6, 1 / 6, 1 / 6]


async def test_what_was_cut_off_or_cannot_be_read_is_not_chosen() -> None:
    samples = [completion(SIX, LENGTH), f"c\n{RIGHT}", WRONG]
    chosen = selected(await searched(models(steps={"": samples}, unreadable=[f"c\n{RIGHT}"]), "best_of_n", n=3))
    assert chosen is not None
    assert chosen.text == WRONG


@pytest.mark.parametrize("select", ["weighted", "max"])
@pytest.mark.parametrize("also", [[], ["I do not know."]])
async def test_where_the_verifier_can_read_no_answer_votes_choose(select: str, also: list[str]) -> None:
    """Votes choose the more frequent text of the leading answer; a text without an answer changes nothing."""
    fakes = models(steps={"": [*also, *SAMPLES]}, unreadable=list(SCORES))
    tree = await searched(fakes, "best_of_n", n=6 + len(also), select=select)
    chosen = selected(tree)
    assert chosen is not None
    assert (chosen.text, chosen.score) == (f"a\n{WRONG}", None)
    assert [one.score for one in tree.solutions if one.text in also] == [0.5 for _ in also]


@pytest.mark.parametrize(("aggregate", "text"), [("last", f"a\n{RIGHT}"), ("min", WRONG), ("whole", WRONG)])
async def test_the_scores_of_steps_make_one_or_the_scorer_has_its_own(aggregate: str, text: str) -> None:
    fakes = Guided({"": [f"a\n{RIGHT}", WRONG]}, {"a\n": 0.1, f"a\n{RIGHT}": 0.9, WRONG: 0.5})
    chosen = selected(await searched(fakes, "best_of_n", n=2, select="max", aggregate=aggregate))
    assert chosen is not None
    assert chosen.text == text


async def test_a_top_up_asks_for_the_rest_and_moves_the_choice() -> None:
    fakes = models()
    tree = await searched(fakes, "best_of_n", n=3)
    first = selected(tree)
    assert first is not None
    assert first.text == f"b\n{RIGHT}"
    policy = Policy(tree=tree, models=fakes, prompt="Q", reader=fakes.reader)
    await search(tree, policy, Config(n=6), Random(0))
    whole = await searched(models(), "best_of_n", n=6)
    assert fakes.asked == [("", 3), ("", 3)]
    assert sorted(fakes.texts("score")) == sorted(SCORES)
    assert facts(tree) == facts(whole)


def facts(tree: Tree) -> list[tuple[Any, ...]]:
    return [(one.text, one.score, one.occurrences, one.selected) for one in tree.solutions]


def test_nobody_scores_where_votes_decide() -> None:
    assert roles(Config(select="majority")) == {}
    assert roles(Config(verifier="orm", aggregate="whole")) == {"orm": SCORE}


@given(scores=st.lists(st.floats(0, 1), min_size=1, max_size=8))
async def test_the_maximum_is_at_least_the_score_of_any_other(scores: list[float]) -> None:
    samples = [f"{place}\nThe answer is {place}." for place in range(len(scores))]
    fakes = Guided({"": samples}, dict(zip(samples, scores, strict=True)))
    chosen = selected(await searched(fakes, "best_of_n", n=len(scores), select="max"))
    assert chosen is not None
    assert chosen.score == max(scores)


async def test_without_answers_every_text_stands_for_itself() -> None:
    """A checker of programs reads none."""
    tree = Tree(QUESTION)
    policy = Policy(tree=tree, models=models(steps={"": ["x", "y", "x"]}, scores={"x": 0.2, "y": 0.3}), prompt="Q")
    await search(tree, policy, Config(n=3), Random(0))
    chosen = selected(tree)
    assert chosen is not None
    assert chosen.text == "x"
