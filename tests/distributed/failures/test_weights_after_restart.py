"""Engines that die with new weights: they come back with their first ones, and still answer with the new ones."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
import ray
from support.runs import pid_of
from support.waiting import HANGS_S

from actors.calls import CallPatience
from actors.generator import Generator, generator_options
from actors.remote_models import RemoteModels
from factory.types import POLICY, GenerateRequest

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]


def model(folder: Path, answer: str) -> str:
    folder.mkdir()
    (folder / "script.json").write_text(json.dumps({"question": [answer]}))
    return str(folder)


async def test_a_restarted_generator_answers_with_the_weights_it_is_asked_for(tmp_path: Path) -> None:
    first, trained = model(tmp_path / "first", "I guess."), model(tmp_path / "trained", "I know.")
    actor = ray.remote(Generator).options(**generator_options("scripted", {})).remote("scripted", {}, first)
    try:
        models = RemoteModels(
            {POLICY: [actor]}, [], CallPatience(request_s=HANGS_S, restart_s=HANGS_S, attempts=3), weights=trained
        )
        request = GenerateRequest(question_id="q", prompt="the question")
        assert [completion.text for completion in await models.generate(request)] == ["I know."]
        os.kill(pid_of(actor), signal.SIGKILL)
        assert [completion.text for completion in await models.generate(request)] == ["I know."]
        assert ray.get(actor.ready.remote(), timeout=HANGS_S)["weights"] == trained
    finally:
        ray.kill(actor)
