"""Calls of a question are counted by role, and another role's failure names the role."""

from __future__ import annotations

import pytest
from support.fakes import QUESTION, FakeModels, completion

from factory.errors import EngineFailed, PromptTooLong, QuestionFailed
from factory.question_pipeline.billed import BilledModels
from factory.rollouts.cost import Cost, RoleCost
from factory.types import GenerateRequest, Scores

REQUEST = GenerateRequest(question_id="q", prompt="p", n=2)


class Scoring(FakeModels):
    """Models with a scorer that reads one token per character."""

    async def score(self, role, question, steps):
        return Scores(steps=(0.5,) * len(steps), whole=0.5, tokens=len("".join(steps)))


class Failing(FakeModels):
    """Models that fail at everything, always with the same error."""

    def __init__(self, error: QuestionFailed) -> None:
        super().__init__(lambda prefix, n: [])
        self._error = error

    async def generate(self, request, role="policy"):
        raise self._error

    async def score(self, role, question, steps):
        raise self._error


async def test_calls_and_tokens_are_counted_by_role_each_prompt_once():
    cost = Cost()
    models = BilledModels(Scoring(lambda prefix, n: [completion("four")] * n), cost)
    await models.generate(REQUEST)
    await models.generate(REQUEST, "critic")
    await models.generate(REQUEST, "critic")
    await models.score("prm", QUESTION, ["2 + 2\n", "= 4"])
    assert cost.roles == {
        "policy": RoleCost(calls=2, prompt_tokens=10, completion_tokens=8),
        "critic": RoleCost(calls=4, prompt_tokens=20, completion_tokens=16),
        "prm": RoleCost(calls=1, prompt_tokens=9),
    }


async def test_another_roles_failure_names_the_role_and_keeps_its_kind():
    error = PromptTooLong("9 tokens, expected at most 8")
    error.attempts = 3
    models = BilledModels(Failing(error), Cost())
    for _ in range(2):  # one error may end many requests
        with pytest.raises(PromptTooLong, match=r"^critic: 9 tokens, expected at most 8$") as caught:
            await models.generate(REQUEST, "critic")
        assert (caught.value.stage, caught.value.attempts) == ("generate by critic", 3)
    with pytest.raises(PromptTooLong, match=r"^prm: 9 tokens") as caught:
        await models.score("prm", QUESTION, ["4"])
    assert caught.value.stage == "score by prm"


async def test_the_policys_failure_is_told_as_it_is():
    cost, error = Cost(), EngineFailed("gone")
    with pytest.raises(EngineFailed) as caught:
        await BilledModels(Failing(error), cost).generate(REQUEST)
    assert caught.value is error
    assert cost.roles == {}


async def test_what_a_failure_has_cost_is_counted_for_its_role():
    cost, error = Cost(), EngineFailed("gone")
    error.spent = 7, 2, 5
    models = BilledModels(Failing(error), cost)
    for role in ("policy", "critic"):
        with pytest.raises(EngineFailed) as caught:
            await models.generate(REQUEST, role)
        assert caught.value.spent == (7, 2, 5)
        assert cost.roles[role] == RoleCost(calls=0, prompt_tokens=7, cached_tokens=2, completion_tokens=5)


async def test_checks_and_room_are_those_of_the_wrapped_models():
    models = Scoring(lambda prefix, n: [])
    models.room = {"q": 7}.__getitem__
    billed = BilledModels(models, Cost())
    assert billed.room("q") == 7
    assert await billed.check(QUESTION, "The answer is 4.") == await models.check(QUESTION, "The answer is 4.")


@pytest.mark.parametrize(
    ("steps", "whole", "got"),
    [
        ((0.5, float("nan")), 0.5, "a score of nan"),
        ((0.5, 0.5), float("nan"), "a score of nan"),
        ((0.5, 0.5), float("inf"), "a score of inf"),
        ((-3.0, 0.5), 0.5, "a score of -3.0"),
        ((0.5,), 0.5, "1 scores of 2 steps"),
    ],
)
async def test_scores_that_are_no_chances_fail_the_question_and_steer_no_search(steps, whole, got):
    models, cost = Scoring(lambda prefix, n: []), Cost()

    async def broken(role, question, texts):
        return Scores(steps=steps, whole=whole, tokens=9)

    models.score = broken
    with pytest.raises(EngineFailed, match=f"^prm: got {got}; expected a number from 0 to 1"):
        await BilledModels(models, cost).score("prm", QUESTION, ["2 + 2\n", "= 4"])
    assert cost.roles == {"prm": RoleCost(calls=1, prompt_tokens=9)}
