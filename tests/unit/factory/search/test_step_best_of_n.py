"""Best of N at every step, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from support.fakes import RIGHT, WRONG, completion
from support.searches.guided import Guided, reads_gold_last, searched, selected, steps_of

from factory.types import LENGTH

# Three samples of each step:
#   level 1: a, b, a         scores .4 .6         → b
#   level 2: c, WRONG, c     .7 .5                → c; b WRONG has ended beside it
#   level 3: RIGHT, WRONG    .3 .2                → b c RIGHT, though b WRONG has the highest score of the three
STEPS = {"": ["a\n", "b\n", "a\n"], "b\n": ["c\n", WRONG, "c\n"], "b\nc\n": [RIGHT, WRONG, WRONG]}
SCORES = {"a\n": 0.4, "b\n": 0.6, "b\nc\n": 0.7, f"b\n{WRONG}": 0.5, f"b\nc\n{RIGHT}": 0.3, f"b\nc\n{WRONG}": 0.2}


def models(**changes: Any) -> Guided:
    return Guided(**{"steps": STEPS, "scores": SCORES, **changes})


async def test_the_best_of_each_step_is_kept_and_the_end_of_these_is_the_choice() -> None:
    fakes = models()
    tree = await searched(fakes, "step_best_of_n", n=3)
    assert fakes.asked == [("", 3), ("b\n", 3), ("b\nc\n", 3)]
    assert fakes.texts("score") == list(SCORES)
    ended = {f"b\n{WRONG}", f"b\nc\n{RIGHT}", f"b\nc\n{WRONG}"}
    assert steps_of(tree) == {text: ("step", "stop" * (text in ended), score) for text, score in SCORES.items()}
    assert {one.text: (one.selected, one.occurrences) for one in tree.solutions} == {
        f"b\n{WRONG}": (False, 1),
        f"b\nc\n{RIGHT}": (True, 1),
        f"b\nc\n{WRONG}": (False, 2),
    }


async def test_no_verdict_comes_before_the_choice_and_none_changes_it() -> None:
    fakes = models(lies=True)
    chosen = selected(await searched(fakes, "step_best_of_n", n=3))
    assert chosen is not None
    assert (chosen.text, chosen.outcome) == (f"b\nc\n{RIGHT}", False)
    assert reads_gold_last(fakes)


async def test_a_step_that_cannot_be_read_or_was_cut_off_is_not_kept() -> None:
    steps = {"": [completion("x", LENGTH), "b\n", "a\n"], "a\n": [RIGHT] * 3}
    fakes = models(steps=steps, unreadable=["b\n"])
    chosen = selected(await searched(fakes, "step_best_of_n", n=3))
    assert chosen is not None
    assert chosen.text == f"a\n{RIGHT}"


async def test_a_draft_that_ended_beside_the_chain_is_the_choice_where_the_chain_has_no_end() -> None:
    steps = {**STEPS, "b\nc\n": [completion("x", LENGTH)] * 3}
    chosen = selected(await searched(models(steps=steps), "step_best_of_n", n=3))
    assert chosen is not None
    assert chosen.text == f"b\n{WRONG}"


async def test_the_chain_s_end_is_the_choice_although_its_text_had_ended_beside_it_before() -> None:
    # The line is sampled with a line break behind it, which goes on, and without, which is the end.
    steps = {"": [f"{RIGHT}\n", RIGHT], f"{RIGHT}\n": ["", ""]}
    tree = await searched(models(steps=steps, scores={f"{RIGHT}\n": 0.9, RIGHT: 0.8}), "step_best_of_n", n=2)
    assert [(one.selected, one.occurrences, one.finish_reason) for one in tree.solutions] == [(True, 3, "stop")]


@pytest.mark.parametrize("config", [{"n": 0}, {"depth": 0}, {"aggregate": "first"}, {"verifier": ""}])
async def test_settings_that_mean_nothing_are_refused(config: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(config))):
        await searched(models(), "step_best_of_n", **config)
