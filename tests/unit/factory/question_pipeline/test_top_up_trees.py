"""Tree searches taken up again from a record: the tree goes on where it was, and what it had stays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.searches.babbling import Babbling
from support.top_ups import done, questions, recipe

from factory.contracts.search import SEARCH
from factory.question_pipeline.recipe import Recipe
from factory.records.validation import row_faults
from factory.rollouts.nodes import PROBE


def searching(method: str, rollouts: int, **settings: Any) -> Recipe:
    """Return a recipe of that search, without labels."""
    config = SEARCH.load(method).Config(rollouts=rollouts, **settings)
    return replace(recipe("none"), search=method, search_config=config)


SMALL = {"rstar": {"steps": 2, "sub_questions": 2, "finishes": 2}, "mcts": {"samples": 2}}


@pytest.mark.parametrize("method", SMALL)
async def test_a_tree_goes_on_where_it_was(method: str) -> None:
    [question] = questions(1)
    models = Babbling()
    before = await done(searching(method, 4, **SMALL[method]), question, models)
    asked = len(models.requests)
    same = await done(searching(method, 4, **SMALL[method]), question, models, before)
    assert len(models.requests) == asked
    assert same["tree"] == before["tree"]

    after = await done(searching(method, 8, **SMALL[method]), question, models, before)
    assert [row["tree"][0]["visits"] for row in (before, after)] == [4, 8]
    assert after["cost"]["policy_calls"] > before["cost"]["policy_calls"]
    there = {solution["text"]: solution for solution in after["solutions"]}
    for solution in before["solutions"]:
        again = there[solution["text"]]
        assert again["occurrences"] >= solution["occurrences"]
        assert (again["verdict"], again["finish_reason"]) == (solution["verdict"], solution["finish_reason"])
    assert sum(solution["selected"] for solution in after["solutions"]) == 1
    paths = [visited(row) for row in (before, after)]
    assert all(paths[1][text] >= count for text, count in paths[0].items())


async def test_the_rows_of_searches_that_arrive_at_a_labellers_texts_have_no_faults() -> None:
    changed = 0
    for question in questions(12):
        models, before = Babbling(), None
        for n in (1, 4):
            refining = SEARCH.load("self_refine").Config(n=n)
            more = replace(recipe("math_shepherd"), search="self_refine", search_config=refining)
            row = await done(more, question, models, before)
            assert not list(row_faults(row))
            probes = {one["solution_id"] for one in before["solutions"] if one["method"] == PROBE} if before else set()
            changed += sum(one["solution_id"] in probes and one["method"] != PROBE for one in row["solutions"])
            before = row
    assert changed


def visited(row: dict[str, Any]) -> dict[str, int]:
    """Return the visits of nodes by the text up to them."""
    texts: dict[int | None, str] = {None: ""}
    counts = {}
    for node in row["tree"]:
        texts[node["node"]] = texts[node["parent"]] + node["text"]
        if node["visits"]:
            counts[texts[node["node"]]] = max(node["visits"], counts.get(texts[node["node"]], 0))
    return counts
