"""Recorded rollouts come back as they were made."""

from pathlib import Path

from support.top_ups import simulated_models

from factory.tokens import Tokens
from factory.types import GenerateRequest
from tools.bench.real_labels.shared_rollouts import SharedRollouts


async def test_a_replay_gives_the_completions_that_were_recorded(tmp_path: Path) -> None:
    shared = SharedRollouts(simulated_models())
    whole = GenerateRequest(question_id="q", prompt="gold answer 5", n=2, seed=1)
    begun = GenerateRequest(question_id="q", prompt="gold answer 5", prefix=Tokens((1000,)), seed=2)
    made = [await shared.generate(request) for request in (whole, begun)]
    shared.save(tmp_path / "made.jsonl")
    replay = SharedRollouts(None, tmp_path / "made.jsonl")
    assert [await replay.generate(request) for request in (whole, begun)] == made


async def test_in_another_order_the_same_rollouts_come_again_and_again_and_the_samples_stay(tmp_path: Path) -> None:
    shared = SharedRollouts(simulated_models())
    whole = GenerateRequest(question_id="q", prompt="gold answer 5", n=8, seed=1)
    begun = GenerateRequest(question_id="q", prompt="gold answer 5", prefix=Tokens((1000,)), n=8, seed=2)
    samples, rollouts = [await shared.generate(request) for request in (whole, begun)]
    shared.save(tmp_path / "made.jsonl")
    replay = SharedRollouts(None, tmp_path / "made.jsonl")
    replay.rewind(order=1)
    assert await replay.generate(whole) == samples
    twice = [await replay.generate(begun) for _ in range(2)]
    for drawn in twice:
        assert sorted(map(repr, drawn)) == sorted(map(repr, rollouts))
    assert twice[0] != rollouts
    replay.rewind(order=1)
    assert await replay.generate(begun) == twice[0]
