"""Searches that a verifier guides, taken up again from their rows: what a run with more from the start would hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from support.top_ups import Models, done, questions, recipe, simulated_models

from factory.contracts.search import SEARCH
from factory.question_pipeline.recipe import Recipe
from factory.records.difference import differences
from factory.types import Question, Scores


def scoring(models: Models) -> list[str]:
    """Let models score texts, each step by a number drawn from the text up to it; the list is of texts asked about."""
    asked: list[str] = []

    async def score(role: str, question: Question, steps: Sequence[str]) -> Scores:
        asked.append("".join(steps))
        scores = tuple(Random("".join(steps[: end + 1])).random() for end in range(len(steps)))
        return Scores(steps=scores, whole=scores[-1], tokens=len(steps))

    models.score = score  # type: ignore[method-assign]
    return asked


def searching(method: str, **config: Any) -> Recipe:
    plugin = SEARCH.load(method)
    return replace(recipe("none"), search=method, search_config=plugin.Config(**config))


async def test_more_subtrees_later_end_where_as_many_at_once_do() -> None:
    for question in questions(3):
        at_once, in_two = simulated_models(), simulated_models()
        texts_at_once, texts_in_two = scoring(at_once), scoring(in_two)
        whole = await done(searching("dvts", subtrees=5, expansions=2), question, at_once)
        first = await done(searching("dvts", subtrees=2, expansions=2), question, in_two)
        again = await done(searching("dvts", subtrees=5, expansions=2), question, in_two, first)
        # Prefixes that are read twice cost more tokens.
        assert [one for one in differences(whole, again) if not one.startswith("cost.")] == []
        assert in_two.rollouts == at_once.rollouts
        assert sorted(texts_in_two) == sorted(texts_at_once)


async def test_more_samples_later_are_scored_alone_and_all_are_chosen_from() -> None:
    [question] = questions(1)
    models = simulated_models()
    texts = scoring(models)
    first = await done(searching("best_of_n", n=3, select="max"), question, models)
    again = await done(searching("best_of_n", n=7, select="max"), question, models, first)
    assert models.rollouts == 7
    assert sorted(texts) == sorted({one["text"] for one in again["solutions"]})
    best = max(again["solutions"], key=lambda one: one["score"])
    assert [one["text"] for one in again["solutions"] if one["selected"]] == [best["text"]]
