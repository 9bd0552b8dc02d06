"""Searches whose solutions are revised or planned, taken up again from their rows."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from support.fakes import FakeModels, completion
from support.top_ups import done, questions, recipe

from factory.contracts.search import SEARCH
from factory.question_pipeline.recipe import Recipe
from factory.records.difference import differences
from factory.records.validation import row_faults
from factory.types import POLICY, Completion, GenerateRequest


class Writing(FakeModels):
    """Writes plans, verdicts and solutions as the prompts ask for them, drawn by the seed of the request."""

    def __init__(self) -> None:
        super().__init__(lambda prefix, n: [])

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> list[Completion]:
        self.requests.append(request)
        draw, asked = Random(request.seed), str(request.prompt)
        written = []
        for _ in range(request.n):
            number = draw.randrange(4)
            if "numbered list" in asked:
                text = f"1. Count {number}.\n2. Add."
            elif "Your last line is exactly" in asked:
                text = f"Found {number}.\nVerdict: {draw.choice(['right', 'wrong'])}"
            else:
                text = f"Step {draw.randrange(3)}.\nThe answer is {number}."
            written.append(completion(text))
        return written


def searching(method: str, **config: Any) -> Recipe:
    plugin = SEARCH.load(method)
    return replace(recipe("none"), search=method, search_config=plugin.Config(**config))


CHAINS = [("self_refine", "n", {"max_rounds": 2}, 1), ("sequential_revision", "chains", {"length": 3}, 3)]


@pytest.mark.parametrize(("method", "amount", "config", "votes"), CHAINS)
async def test_more_chains_later_leave_the_first_ones_and_vote_with_them(method, amount, config, votes) -> None:
    for question in questions(4):
        models = Writing()
        first = await done(searching(method, **config, **{amount: 1}), question, models)
        again = await done(searching(method, **config, **{amount: 4}), question, models, first)
        assert list(row_faults(again)) == []
        # One sample for each chain, none of them anew, and no request comes twice.
        assert sum(request.n for request in models.requests if "Attempt" not in str(request.prompt)) == 4
        assert len({request.seed for request in models.requests}) == len(models.requests)
        texts = [[one["text"], one["revises"], one["critique"]] for one in first["solutions"]]
        assert [[one["text"], one["revises"], one["critique"]] for one in again["solutions"]][: len(texts)] == texts
        scores = [one["score"] for one in again["solutions"] if one["score"] is not None]
        assert sum(scores) == 4 * votes
        [selected] = [one for one in again["solutions"] if one["selected"]]
        answers: dict[str, float] = {}
        for one in again["solutions"]:
            answers[one["final_answer"]] = answers.get(one["final_answer"], 0) + (one["score"] or 0)
        assert answers[selected["final_answer"]] == max(answers.values())


async def test_more_plans_later_end_where_as_many_at_once_do() -> None:
    for question in questions(4):
        at_once, in_two = Writing(), Writing()
        whole = await done(searching("plan_and_solve", n=4), question, at_once)
        first = await done(searching("plan_and_solve", n=2), question, in_two)
        again = await done(searching("plan_and_solve", n=4), question, in_two, first)
        assert differences(whole, again) == []
        assert len(in_two.requests) == len(at_once.requests)
        assert list(row_faults(again)) == []
        actions = {node["action"] for node in again["tree"]}
        assert {"root", "plan", "solve", "answer"} <= actions


async def test_a_split_budget_is_not_split_again() -> None:
    [question] = questions(1)
    models = Writing()
    first = await done(searching("compute_optimal", n=8), question, models)
    asked = len(models.requests)
    again = await done(searching("compute_optimal", n=8), question, models, first)
    assert differences(first, again) == []
    assert len(models.requests) == asked
