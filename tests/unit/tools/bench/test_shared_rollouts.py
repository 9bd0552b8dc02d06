"""Recorded rollouts come back as they were made."""

from pathlib import Path

from support.top_ups import simulated_models

from factory.tokens import Tokens
from factory.types import GenerateRequest
from tools.bench.shared_rollouts import SharedRollouts


async def test_a_replay_gives_the_completions_that_were_recorded(tmp_path: Path) -> None:
    shared = SharedRollouts(simulated_models())
    whole = GenerateRequest(question_id="q", prompt="gold answer 5", n=2, seed=1)
    begun = GenerateRequest(question_id="q", prompt="gold answer 5", prefix=Tokens((1000,)), seed=2)
    made = [await shared.generate(request) for request in (whole, begun)]
    shared.save(tmp_path / "made.jsonl")
    replay = SharedRollouts(None, tmp_path / "made.jsonl")
    assert [await replay.generate(request) for request in (whole, begun)] == made
