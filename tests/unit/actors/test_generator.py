"""Generator without Ray: what it says about itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ray.exceptions import ActorDiedError
from support.engines.asking import models_over
from support.engines.local_actors import local_actor
from support.plugins.scorer import scores_of

from actors import generator as generators
from actors.engines import vllm
from actors.generator import Generator
from actors.models import model_store
from factory.errors import BadInput, EngineFailed, PromptTooLong
from factory.storage.store import Store
from factory.types import GenerateRequest, ScoreRequest


def request(question_id: str = "q", n: int = 1) -> GenerateRequest:
    return GenerateRequest(question_id=question_id, prompt="gold answer 7", n=n)


async def test_stats_count_samples_and_slots_whatever_the_engine_says_of_itself():
    generator = Generator("scripted", {"latency_s": 60.0}, "none")
    await generator.ready()
    generating = asyncio.create_task(generator.generate([request(n=3)]))
    while not (stats := await generator.stats())["in_flight"]:
        await asyncio.sleep(0.001)
    assert (stats["slots"], stats["running"], stats["waiting"]) == (0, 3, 0)
    generating.cancel()
    await asyncio.gather(generating, return_exceptions=True)
    stats = await generator.stats()
    assert (stats["running"], stats["in_flight"]) == (0, 0)
    assert stats["slot_seconds"] > 0


async def test_an_engine_that_never_takes_other_weights_is_ended(
    mortal: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(generators, "LOAD_S", 0.02)
    actor = local_actor("scripted", {})
    await actor.ready.remote()

    async def hangs(path: str) -> None:
        await asyncio.sleep(3600)

    actor.generator.engine.load_weights = hangs  # type: ignore[method-assign]
    with pytest.raises(ActorDiedError):
        await actor.load_weights.remote(str(tmp_path))
    assert actor.deaths == 1


def scorer(**config: Any) -> Generator:
    return Generator("tests.support.plugins.scorer", config, "none")


def to_score(prompt: str, *steps: str) -> ScoreRequest:
    return ScoreRequest(question_id=prompt, prompt=prompt, steps=steps)


async def test_a_scorer_answers_requests_for_scores_each_by_itself_and_counts_their_tokens() -> None:
    generator = scorer(refuses="long")
    scored, refused = await generator.score([to_score("q", "one", "two!"), to_score("long", "s")])
    assert scored == scores_of(("one", "two!"))
    assert isinstance(refused, PromptTooLong)
    stats = await generator.stats()
    assert (stats["requests"], stats["failed"], stats["prompt_tokens"]) == (2, 1, 7)
    assert "cache_hit_rate" not in stats  # `factory status` would say that nothing was cached


async def test_an_engine_that_is_asked_for_what_it_cannot_do_says_so() -> None:
    [text] = await scorer().generate([request()])
    [scores] = await Generator("scripted", {}, "none").score([to_score("q", "s")])
    assert isinstance(text, EngineFailed)
    assert str(text) == "scripted scorer scores solutions and generates no text; ask another pool"
    assert isinstance(scores, EngineFailed)
    assert str(scores) == "scripted generates text and scores none; ask a pool of scorers"


async def test_a_request_for_scores_that_kills_its_engine_every_time_fails_alone(mortal: None) -> None:
    actor = local_actor("tests.support.plugins.scorer", {"dies_on": "question 3", "latency_s": 0.01})
    pool = models_over(actor, attempts=2).pools["policy"]
    asked = [to_score(f"question {number}", "a step") for number in range(6)]
    answers = await asyncio.gather(*map(pool.answer, asked), return_exceptions=True)
    assert [isinstance(answer, EngineFailed) for answer in answers] == [number == 3 for number in range(6)]


async def test_a_model_in_a_store_that_was_fetched_before_is_not_fetched_again_to_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FACTORY_CACHE", str(tmp_path / "cache"))
    fetched: list[Path] = []
    fetch_files = model_store.fetch_files

    def counted(store: Store, sizes: Mapping[str, int], folder: Path) -> None:
        fetched.append(folder)
        fetch_files(store, sizes, folder)

    monkeypatch.setattr(model_store, "fetch_files", counted)
    (tmp_path / "config.json").write_text("{}")
    generator = Generator("scripted", {}, f"file://{tmp_path}")
    await generator.fetch()
    assert len(fetched) == 1
    await generator.ready()
    assert len(fetched) == 1


async def test_a_model_that_is_not_in_a_store_is_fetched_by_its_engines_plug_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(vllm, "fetched_before", asked.append)
    await Generator("vllm", {}, "org/name").fetch()
    assert asked == ["org/name"]
    await Generator("scripted", {}, "org/name").fetch()
    assert asked == ["org/name"]


async def test_a_model_that_cannot_be_had_is_said_when_it_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no model lies in"):
        await Generator("scripted", {}, f"file://{tmp_path}/nowhere").fetch()
