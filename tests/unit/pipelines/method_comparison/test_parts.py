"""Runs of a comparison: the same for all methods but for what a method changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.runs import config_for

from pipelines.method_comparison.parts import PILOT, TEST, Comparison, comparison_of
from pipelines.run.settings import from_mapping, load

FOLDER = Path("/runs/compared")


def comparison(methods: dict[str, Any], **compare: Any) -> Comparison:
    """Return a comparison of these methods."""
    config = config_for(FOLDER, search={"method": "sample", "n": 5}, compare={"methods": methods, **compare})
    return comparison_of(from_mapping({"pipeline": "compare_methods", **config}))


def test_the_packaged_config_is_a_comparison() -> None:
    both = comparison_of(load("compare_methods"))
    assert list(both.methods) == ["majority", "cool-majority"]
    assert both.part("cool-majority", TEST).settings.sampling.temperature == 0.3


def test_pilot_and_test_have_different_questions_and_seeds() -> None:
    both = comparison({"a": "sample", "b": "sample"}, pilot=3, questions=4)
    pilot, test = both.part("a", PILOT).settings, both.part("a", TEST).settings
    asked = [list(part.source.plugin.questions(part.source.config)) for part in (pilot, test)]
    whole = list(both.base.source.plugin.questions(both.base.source.config))
    assert asked == [whole[:3], whole[3:7]]
    assert pilot.run.seed != test.run.seed == both.base.run.seed


def test_all_methods_have_the_same_questions_and_the_same_seed_and_no_labels() -> None:
    both = comparison({"a": "sample n=2", "b": "tests.support.plugins.gated_search n=3"})
    first, second = (both.part(name, TEST).settings for name in "ab")
    assert (first.source, first.run.seed, first.checker) == (second.source, second.run.seed, second.checker)
    assert {first.supervision.name, second.supervision.name} == {"none"}


def test_what_a_method_does_not_say_is_the_configs_where_the_search_is_the_same() -> None:
    both = comparison({"a": "sample", "b": "tests.support.plugins.gated_search"})
    assert both.part("a", TEST).amount == 5
    assert both.part("b", TEST).amount == 4


def test_a_run_lies_in_a_folder_of_its_method_and_amount() -> None:
    both = comparison({"a": "sample", "proofs": "explain_proof"})
    assert both.part("a", PILOT, 7).settings.run.dir == f"{FOLDER}/pilot/a/7"
    assert both.part("proofs", TEST).settings.run.dir == f"{FOLDER}/methods/proofs/as_given"
    assert both.part("proofs", TEST).amount is None


def test_amounts_make_a_run_each_of_every_method_that_has_one() -> None:
    both = comparison({"a": "sample", "proofs": "explain_proof"}, amounts=[1, 4])
    assert [part.amount for part in both.given("a")] == [1, 4]
    assert [part.amount for part in both.given("proofs")] == [None]


@pytest.mark.parametrize(("key", "value"), [("tokens", 300), ("amounts", [2]), ("scored_weight", 1.0)])
def test_a_comparison_that_goes_on_may_have_another_budget(key: str, value: Any) -> None:
    before, after = comparison({"a": "sample"}), comparison({"a": "sample", "b": "sample n=2"}, **{key: value})
    assert before.base.fingerprint == after.base.fingerprint


@pytest.mark.parametrize("key", ["questions", "pilot"])
def test_other_questions_are_another_comparison(key: str) -> None:
    before, after = comparison({"a": "sample"}), comparison({"a": "sample"}, **{key: 3})
    assert before.base.fingerprint != after.base.fingerprint
