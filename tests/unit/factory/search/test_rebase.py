"""Reward-balanced search, worked out by hand: how a budget of samples is shared out."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.fakes import RIGHT, WRONG, completion
from support.searches.guided import Guided, reads_gold_last, searched, selected, steps_of

from factory.rollouts.nodes import Node
from factory.search.rebase import shared_out
from factory.types import LENGTH

# Six leaves; with balance 1 / ln 2 a score that is higher by 1 doubles the weight.
#   level 1: a, b, a, a, c, WRONG   scores 1, 1, 0    weights a 3 · 2, b 2, c 1, of 5 that are left
#            shares 30/9, 10/9, 5/9                   → 3, 1, and the one that is left to c, whose remainder is largest
#   level 2: a → RIGHT, RIGHT, d; b → WRONG; c → e    d 0, e 1: weights 1, 2 of 2: shares 2/3, 4/3
#                                                     → 0 and 1, one is left, for d: .67 is more than .33
#   level 3: a d → WRONG, c e → RIGHT
STEPS = {
    "": ["a\n", "b\n", "a\n", "a\n", "c\n", WRONG],
    "a\n": [RIGHT, RIGHT, "d\n"],
    "b\n": [WRONG],
    "c\n": ["e\n"],
    "a\nd\n": [WRONG],
    "c\ne\n": [RIGHT],
}
SCORES = {
    "a\n": 1.0,
    "b\n": 1.0,
    "c\n": 0.0,
    WRONG: 0.9,
    f"a\n{RIGHT}": 0.4,
    "a\nd\n": 0.0,
    f"b\n{WRONG}": 0.5,
    "c\ne\n": 1.0,
    f"a\nd\n{WRONG}": 0.1,
    f"c\ne\n{RIGHT}": 0.95,
}
DOUBLING = 1 / math.log(2)


def models(**changes: Any) -> Guided:
    return Guided(**{"steps": STEPS, "scores": SCORES, **changes})


async def test_drafts_get_their_shares_of_what_is_left_of_the_budget() -> None:
    fakes = models()
    tree = await searched(fakes, "rebase", leaves=6, balance=DOUBLING)
    assert fakes.asked == [("", 6), ("a\n", 3), ("b\n", 1), ("c\n", 1), ("a\nd\n", 1), ("c\ne\n", 1)]
    assert fakes.texts("score") == list(SCORES)
    ended = {text for text in SCORES if not text.endswith("\n")}
    assert steps_of(tree) == {text: ("step", "stop" * (text in ended), score) for text, score in SCORES.items()}


@pytest.mark.parametrize(
    ("select", "text"), [("weighted", f"c\ne\n{RIGHT}"), ("max", f"c\ne\n{RIGHT}"), ("majority", WRONG)]
)
async def test_the_choice_is_over_all_leaves(select: str, text: str) -> None:
    """Weights for "4" are 2 · .4 + .95, for "5" .9 + .5 + .1: 1.75 against 1.5; three votes each, "5" came first."""
    fakes = models()
    chosen = selected(await searched(fakes, "rebase", leaves=6, balance=DOUBLING, select=select))
    assert chosen is not None
    assert chosen.text == text
    assert reads_gold_last(fakes)


async def test_verdicts_change_nothing() -> None:
    chosen = selected(await searched(models(lies=True), "rebase", leaves=6, balance=DOUBLING))
    assert chosen is not None
    assert (chosen.text, chosen.outcome) == (f"c\ne\n{RIGHT}", False)


async def test_what_cannot_be_read_or_was_cut_off_leaves_its_part_of_the_budget_to_nobody() -> None:
    steps = {"": ["a\n", "b\n", completion("x", LENGTH)], "b\n": [RIGHT]}
    fakes = models(steps=steps, unreadable=["a\n"])
    chosen = selected(await searched(fakes, "rebase", leaves=3))
    assert fakes.asked == [("", 3), ("b\n", 1)]
    assert chosen is not None
    assert chosen.text == f"b\n{RIGHT}"


async def test_a_search_that_finishes_nothing_ends_with_what_it_has() -> None:
    tree = await searched(models(steps={"": ["a\n", "b\n"]}), "rebase", leaves=2, depth=1)
    assert {(one.text, one.finish_reason, one.outcome) for one in tree.solutions} == {
        ("a\n", LENGTH, None),
        ("b\n", LENGTH, None),
    }


DRAFTS = st.lists(st.tuples(st.integers(1, 9), st.floats(0, 1)), min_size=1, max_size=12)


@given(drafts=DRAFTS, balance=st.floats(1e-3, 1e3))
@example(drafts=[(2, 0.0), (2, 0.5), (2, 2.2e-311)], balance=1.0)
def test_shares_sum_to_the_budget_and_a_better_draft_gets_no_less(
    drafts: list[tuple[int, float]], balance: float
) -> None:
    nodes = {Node(index=place, depth=1): draft for place, draft in enumerate(drafts)}
    times, scores = {node: n for node, (n, _) in nodes.items()}, {node: score for node, (_, score) in nodes.items()}
    widths = shared_out(times, scores, balance)
    assert sum(widths.values()) == sum(times.values())
    for one in nodes:
        for other in nodes:
            if times[one] >= times[other] and scores[one] > scores[other]:
                assert widths.get(one, 0) >= widths.get(other, 0)


@pytest.mark.parametrize("config", [{"leaves": 0}, {"balance": 0.0}, {"balance": math.inf}, {"select": "best"}])
async def test_settings_that_mean_nothing_are_refused(config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(config))):
        await searched(models(), "rebase", **config)
