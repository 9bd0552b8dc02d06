"""Generator without Ray: what it says about itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from ray.exceptions import ActorDiedError
from support.engines.local_actors import local_actor

from actors import generator as generators
from actors.generator import Generator
from factory.types import GenerateRequest


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
