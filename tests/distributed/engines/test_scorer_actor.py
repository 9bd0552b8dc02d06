"""A reward model behind an actor: the same scores as in process, also when it is killed in their middle."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest
import ray
from support.engines.scorers import tiny_prm
from support.waiting import HANGS_S

from actors.calls import CallPatience
from actors.generator import Generator, generator_options
from actors.remote_models import RemoteModels
from actors.scoring.scorer import Scorer
from factory.types import Question, Scores
from pipelines.driving.lifetimes import actor_scope

pytestmark = [pytest.mark.distributed, pytest.mark.usefixtures("ray_cluster")]

# Passes of few texts, so that it is killed in the middle of its work.
CONFIG = {"num_cpus": 0, "max_num_seqs": 4, "max_num_batched_tokens": 128}


@pytest.mark.long
def test_a_scorer_that_is_killed_in_mid_run_loses_no_request_and_scores_as_in_process(tmp_path: Path) -> None:
    folder = str(tiny_prm(tmp_path / "prm"))
    asked = [(Question(text=f"{n} + 1?", gold=str(n)), ["It is so. "] * (n % 4 + 1) + [f"{n}"]) for n in range(200)]
    with actor_scope() as started:
        [scorer] = started(1, Generator, generator_options("scorer", CONFIG), "scorer", CONFIG, folder).values()
        facts = ray.get(scorer.ready.remote(), timeout=HANGS_S)
        answers = asyncio.run(scored(RemoteModels({"prm": [scorer]}, [], CallPatience()), asked, facts["pid"]))
        assert ray.get(scorer.ready.remote(), timeout=HANGS_S)["pid"] != facts["pid"]
    expected = Scorer(folder).scores([(question.text, steps) for question, steps in asked])
    for answer, scores in zip(answers, expected, strict=True):
        assert answer.steps == pytest.approx(scores.steps, abs=1e-5)
        assert answer.whole == pytest.approx(scores.whole, abs=1e-5)


async def scored(models: RemoteModels, asked: list[tuple[Question, list[str]]], pid: int) -> list[Scores]:
    """Scores of all solutions, asked for together; the first one that is there kills the scorer's process."""
    tasks = [asyncio.create_task(models.score("prm", question, steps)) for question, steps in asked]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    os.kill(pid, signal.SIGKILL)
    assert not all(task.done() for task in tasks)
    return await asyncio.gather(*tasks)
