"""Recorded rollouts come back as they were made, and scores once made are kept."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from support.top_ups import simulated_models

from factory.errors import EngineFailed, PromptTooLong
from factory.sources import procedural
from factory.tokens import Tokens
from factory.types import POLICY, GenerateRequest
from tools.bench.real_labels.samples import COMPLETER, unseen
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


async def test_a_completers_rollouts_of_the_bare_question_are_not_the_policys_samples(tmp_path: Path) -> None:
    shared = SharedRollouts(simulated_models())
    whole = GenerateRequest(question_id="q", prompt="gold answer 5", n=4, seed=1)
    sampled = await shared.generate(whole)
    completed = await shared.generate(replace(whole, seed=2), COMPLETER)
    assert completed != sampled
    shared.save(tmp_path / "made.jsonl")
    replay = SharedRollouts(None, tmp_path / "made.jsonl")
    assert [await replay.generate(whole, role) for role in (COMPLETER, POLICY)] == [completed, sampled]


class Verifier:
    """Reward model that scores every step as .5, and cannot read more than two."""

    def __init__(self) -> None:
        self.asked = 0

    def scores(self, solutions: Sequence[tuple[str, Sequence[str]]]) -> list[list[float] | None]:
        self.asked += len(solutions)
        return [[0.5] * len(steps) if len(steps) < 3 else None for _, steps in solutions]


async def test_a_solution_is_scored_once_for_all_labellers() -> None:
    verifier, question = Verifier(), next(iter(procedural.questions(procedural.Config(n=1))))
    shared = SharedRollouts(simulated_models(), verifier=verifier)
    for _ in range(2):
        shared.rewind()
        assert (await shared.score("prm", question, ["a\n", "b"])).steps == (0.5, 0.5)
    assert verifier.asked == 1
    with pytest.raises(PromptTooLong):
        await shared.score("prm", question, ["a\n", "b\n", "c"])
    with pytest.raises(EngineFailed, match="'prm'"):
        await SharedRollouts(simulated_models()).score("prm", question, ["a"])


def test_questions_with_the_numbers_of_seen_ones_are_left_out() -> None:
    questions = list(procedural.questions(procedural.Config(n=60, levels=["multiply_add"])))
    seen = {questions[0].metadata["operations"], questions[1].metadata["operations"]}
    left = list(unseen(questions, seen))
    assert {question.metadata["operations"] for question in questions} - seen == {
        question.metadata["operations"] for question in left
    }
