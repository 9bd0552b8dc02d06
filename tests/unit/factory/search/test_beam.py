"""Beam search, worked out by hand: what is asked, which tree comes of it, what is selected."""

from __future__ import annotations

from typing import Any

import pytest
from support.fakes import RIGHT, WRONG, completion
from support.searches.guided import Guided, reads_gold_last, searched, selected, steps_of

from factory.rollouts.tree import Tree
from factory.types import LENGTH

# Two beams, two samples of each:
#   level 1: a twice, b, c          scores .6 .9 .3            → b, a go on
#   level 2: b → d, b → WRONG; a → e twice    .2, .7, .8       → a e goes on; b WRONG has ended, and keeps its place
#   level 3: a e → RIGHT twice      .75                        → the beam is full: the end
STEPS = {
    "": ["a\n", "b\n", "a\n", "c\n"],
    "b\n": ["d\n", WRONG],
    "a\n": ["e\n", "e\n"],
    "a\ne\n": [RIGHT, RIGHT],
}
SCORES = {
    "a\n": 0.6,
    "b\n": 0.9,
    "c\n": 0.3,
    "b\nd\n": 0.2,
    f"b\n{WRONG}": 0.9,
    "a\ne\n": 0.8,
    f"a\ne\n{RIGHT}": 0.75,
}


def models(**changes: Any) -> Guided:
    return Guided(**{"steps": STEPS, "scores": SCORES, **changes})


async def beams(fakes: Guided, **config: Any) -> Tree:
    return await searched(fakes, "beam", **{"width": 2, "expansions": 2, **config})


async def test_the_best_beams_are_sampled_on_and_one_that_ended_keeps_its_place() -> None:
    fakes = models()
    await beams(fakes)
    assert fakes.asked == [("", 4), ("b\n", 2), ("a\n", 2), ("a\ne\n", 2)]


async def test_the_verifier_is_asked_once_about_each_draft() -> None:
    fakes = models()
    await beams(fakes)
    level_1, level_2 = ["a\n", "b\n", "c\n"], ["b\nd\n", f"b\n{WRONG}", "a\ne\n"]
    assert fakes.texts("score") == [*level_1, *level_2, f"a\ne\n{RIGHT}"]


async def test_its_tree_holds_every_step_with_its_score() -> None:
    tree = await beams(models())
    ended = {f"b\n{WRONG}", f"a\ne\n{RIGHT}"}
    assert steps_of(tree) == {text: ("step", "stop" * (text in ended), score) for text, score in SCORES.items()}
    assert [(node.text, node.searched) for node in tree.nodes if node.searched] == [
        ("", 4),
        ("a\n", 2),
        ("b\n", 2),
        ("a\ne\n", 2),
    ]


@pytest.mark.parametrize(("select", "text"), [("weighted", f"a\ne\n{RIGHT}"), ("max", f"b\n{WRONG}")])
async def test_a_draft_that_was_sampled_twice_has_two_votes(select: str, text: str) -> None:
    """2 · .75 is more than .9."""
    tree = await beams(models(), select=select)
    chosen = selected(tree)
    assert chosen is not None
    assert chosen.text == text
    facts = {one.text: (one.score, one.occurrences, one.independent) for one in tree.solutions}
    assert facts == {f"b\n{WRONG}": (0.9, 1, False), f"a\ne\n{RIGHT}": (0.75, 2, False)}


async def test_no_verdict_comes_before_the_choice_and_none_changes_it() -> None:
    fakes = models()
    honest, lied_to = await beams(fakes), await beams(models(lies=True))
    assert reads_gold_last(fakes)
    ours, theirs = selected(honest), selected(lied_to)
    assert ours is not None
    assert theirs is not None
    assert (ours.text, ours.outcome) == (theirs.text, not theirs.outcome)


async def test_it_is_evidence_for_nothing() -> None:
    tree = await beams(models())
    assert [node.trials for node in tree.nodes] == [0] * len(tree.nodes)


async def test_a_look_ahead_scores_the_text_that_was_looked_ahead() -> None:
    """`a` looks better than `b`, and leads nowhere."""
    fakes = Guided(
        steps={"": ["a\n", "b\n"], "a\n": ["x\n"], "b\n": ["y\n", RIGHT, WRONG]},
        scores={"a\n": 0.9, "b\n": 0.1, "a\nx\n": 0.2, "b\ny\n": 0.8, f"b\n{RIGHT}": 0.7, f"b\n{WRONG}": 0.6},
    )
    tree = await searched(fakes, "beam", width=1, expansions=2, look_ahead=1)
    assert fakes.asked == [("", 2), ("a\n", 1), ("b\n", 1), ("b\n", 2)]
    assert [request.sampling.temperature for request in fakes.requests] == [0.7, 0.0, 0.0, 0.7]
    assert fakes.texts("score") == ["a\nx\n", "b\ny\n", f"b\n{RIGHT}", f"b\n{WRONG}"]
    assert steps_of(tree)["b\ny\n"] == ("look_ahead", "", 0.8)
    assert {one.text: one.selected for one in tree.solutions} == {f"b\n{RIGHT}": True, f"b\n{WRONG}": False}


async def test_a_step_that_a_look_ahead_wrote_first_is_a_step_once_it_is_sampled() -> None:
    fakes = Guided(steps={"": ["a\n"], "a\n": ["x\n", "x\n"], "a\nx\n": ["y\n", RIGHT]}, scores={})
    tree = await searched(fakes, "beam", width=1, expansions=1, look_ahead=1)
    assert {text: action for text, (action, _, _) in steps_of(tree).items()} == {
        "a\n": "step",
        "a\nx\n": "step",
        "a\nx\ny\n": "look_ahead",
        f"a\nx\n{RIGHT}": "step",
    }


async def test_a_look_ahead_ends_where_the_solution_does() -> None:
    fakes = Guided(steps={"": ["a\n"], "a\n": [WRONG, RIGHT]}, scores={})
    await searched(fakes, "beam", width=1, expansions=1, look_ahead=3)
    assert fakes.asked == [("", 1), ("a\n", 1), ("a\n", 1)]


async def test_a_draft_that_the_verifier_cannot_read_drops_out_alone() -> None:
    fakes = models(unreadable=["b\n"], steps={**STEPS, "c\n": [WRONG, WRONG]})
    tree = await beams(fakes)
    assert fakes.asked == [("", 4), ("a\n", 2), ("c\n", 2), ("a\ne\n", 2)]
    assert {one.text for one in tree.solutions} == {f"c\n{WRONG}", f"a\ne\n{RIGHT}"}


@pytest.mark.parametrize("method", ["beam", "dvts", "rebase", "step_best_of_n"])
async def test_finished_drafts_that_the_verifier_cannot_read_are_kept_and_vote_where_it_can_read_none(
    method: str,
) -> None:
    amounts = {"beam": {"width": 1, "expansions": 4}, "dvts": {"subtrees": 1, "expansions": 4}, "rebase": {"leaves": 4}}
    steps = {"": [f"{RIGHT}", WRONG, completion("x", LENGTH), WRONG]}
    for unreadable, text in (([RIGHT, WRONG], WRONG), ([WRONG], RIGHT)):
        fakes = Guided(steps, {}, unreadable)
        tree = await searched(fakes, method, **amounts.get(method, {"n": 4}))
        chosen = selected(tree)
        assert chosen is not None
        assert chosen.text == text
        assert {one.text: (one.score, one.occurrences) for one in tree.solutions} == {
            RIGHT: (None if RIGHT in unreadable else 0.5, 1),
            WRONG: (None, 2),
        }
        assert reads_gold_last(fakes)


async def test_a_draft_that_was_cut_off_is_no_beam() -> None:
    fakes = models(steps={**STEPS, "": [completion("b", LENGTH), "a\n", "a\n", "a\n"]})
    tree = await beams(fakes)
    assert fakes.asked == [("", 4), ("a\n", 2), ("a\ne\n", 2)]
    assert {one.text for one in tree.solutions} == {f"a\ne\n{RIGHT}"}


@pytest.mark.parametrize(
    ("steps", "left"),
    [
        ({"": ["a\n", "b\n", "a\n", "c\n"]}, {"b\n", "a\n"}),
        ({"": [completion("b", LENGTH), completion("a", LENGTH), "c\n", "c\n"]}, {"c\n"}),
        ({"": [completion("b", LENGTH)] * 4}, {"b"}),
    ],
)
async def test_a_search_that_finishes_nothing_ends_with_what_it_has(steps: dict[str, Any], left: set[str]) -> None:
    tree = await beams(models(steps=steps), depth=1)
    assert {one.text for one in tree.solutions} == left
    assert {(one.finish_reason, one.outcome, one.selected) for one in tree.solutions} == {(LENGTH, None, False)}


async def test_a_draft_without_an_answer_is_never_chosen() -> None:
    tree = await searched(Guided({"": ["I do not know."]}, {"I do not know.": 1.0}), "beam", width=1, expansions=1)
    assert [one.text for one in tree.solutions] == ["I do not know."]
    assert selected(tree) is None
