"""Models with a judge in the place of the checker pass on what is not about checking."""

from __future__ import annotations

from support.fakes import FakeModels

from factory.question_pipeline.judged import JudgedModels
from factory.rollouts.policy import Cost


def judged(models: FakeModels) -> JudgedModels:
    async def judge(*_):
        raise AssertionError("nothing is judged here")

    return JudgedModels(models, judge, None, Cost())


def test_room_is_that_of_the_wrapped_models():
    models = FakeModels(lambda prefix, n: [])
    assert judged(models).room("q") == 0
    models.room = {"q": 7}.__getitem__
    assert judged(models).room("q") == 7
