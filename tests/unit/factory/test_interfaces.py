"""Defaults that a class inherits from `Models` and `Engine` for roles that it does not fill."""

from __future__ import annotations

import pytest
from support.fakes import QUESTION, FakeModels

from factory.errors import EngineFailed
from factory.interfaces import Engine
from factory.types import ScoreRequest


class Generates(Engine):
    """Engine that scores nothing."""

    name = "scripted 1"


async def test_models_without_scorers_say_which_role_nobody_fills() -> None:
    with pytest.raises(EngineFailed, match="no model of the role 'prm' scores here"):
        await FakeModels(lambda prefix, n: []).score("prm", QUESTION, ["The answer is 4."])


async def test_an_engine_that_only_generates_refuses_every_request_for_scores() -> None:
    request = ScoreRequest(question_id="q", prompt="2 + 2?", steps=("4",))
    answers = await Generates().score([request, request])
    assert len(answers) == 2
    assert {str(answer) for answer in answers} == {"scripted 1 generates text and scores none; ask a pool of scorers"}
