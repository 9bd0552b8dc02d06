"""Models with a judge in the place of the checker pass on what is not about checking."""

from __future__ import annotations

import pytest
from support.fakes import QUESTION, FakeModels

from factory.errors import EngineFailed
from factory.question_pipeline.judged import JudgedModels
from factory.rollouts.cost import Cost
from factory.types import GenerateRequest, Outcome, Verdict


def judged(models: FakeModels) -> JudgedModels:
    async def judge(*_):
        raise AssertionError("nothing is judged here")

    return JudgedModels(models, judge, None, Cost())


def test_room_is_that_of_the_wrapped_models():
    models = FakeModels(lambda prefix, n: [])
    assert judged(models).room("q") == 0
    models.room = {"q": 7}.__getitem__
    assert judged(models).room("q") == 7


async def test_a_text_is_judged_once_and_a_known_one_never():
    asked = []

    async def judge(question, text, models, config):
        asked.append(text)
        return Verdict(outcome=Outcome.CORRECT, answer=text)

    known = {"old": Verdict(outcome=Outcome.INCORRECT)}
    models = JudgedModels(FakeModels(lambda prefix, n: []), judge, None, Cost(), known)
    verdicts = [await models.check(QUESTION, text) for text in ("new", "old", "new", "odd \ud800")]
    assert [verdict.answer for verdict in verdicts] == ["new", None, "new", "odd \ud800"]
    assert asked == ["new", "odd \ud800"]


async def test_what_a_failed_judgement_has_paid_is_cost_of_judging():
    cost, error = Cost(), EngineFailed("gone")
    error.spent = (7, 0, 5)

    async def judge(question, text, models, config):
        await models.generate(GenerateRequest(question_id="q", prompt="p"))

    def failing(prefix, n):
        raise error

    with pytest.raises(EngineFailed):
        await JudgedModels(FakeModels(failing), judge, None, cost).check(QUESTION, "new")
    assert (cost.judge_calls, cost.judge_tokens) == (0, 5)
