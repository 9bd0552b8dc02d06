"""Engine `scorer` in this process: what it answers, many requests together, other weights."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from support.engines.scorers import tiny_prm

from actors.engines.scorer import Config, Engine
from actors.generator import Generator
from actors.models.resolve import model_revision
from actors.scoring.scorer import Scorer
from factory.errors import BadInput, EngineFailed, PromptTooLong
from factory.types import GenerateRequest, ScoreRequest


def request(number: int, *steps: str) -> ScoreRequest:
    return ScoreRequest(question_id=f"q{number}", prompt=f"{number} + 1?", steps=steps)


def some(count: int) -> list[ScoreRequest]:
    return [request(number, *["It is so. "] * (number % 5 + 1), f"{number}") for number in range(count)]


def generator(folder: Path, **config: Any) -> Generator:
    return Generator("scorer", config, str(folder))


@pytest.mark.parametrize("layout", ["steps", "solution", "tags", "extra_0"])
async def test_it_answers_what_the_scorer_says_in_process(layout: str, folders: dict[str, Path]) -> None:
    asked = some(12)
    expected = Scorer(str(folders[layout]), Config(layout=layout)).scores([(one.prompt, one.steps) for one in asked])
    answers = await generator(folders[layout], layout=layout, max_num_seqs=4).score(asked)
    for answer, scores in zip(answers, expected, strict=True):
        assert answer.steps == pytest.approx(scores.steps, abs=1e-5)
        assert answer.whole == pytest.approx(scores.whole, abs=1e-5)
        assert answer.tokens == scores.tokens


async def test_steps_of_several_requests_share_a_pass(folders: dict[str, Path]) -> None:
    engine = Engine(Config(), str(folders["steps"]))
    await engine.start()
    sizes: list[int] = []
    judge = engine._running._head.chances
    engine._running._head.chances = lambda texts: sizes.append(len(texts)) or judge(texts)  # type: ignore
    answers = await asyncio.gather(*(engine.score([one]) for one in some(20)))
    assert all(scores.steps for [scores] in answers)
    assert sum(sizes) == 20
    assert len(sizes) < 5
    await engine.close()


async def test_one_that_is_too_long_fails_alone(folders: dict[str, Path]) -> None:
    long, good = await generator(folders["steps"]).score([request(1, "word " * 300), request(2, "It is 3.")])
    assert isinstance(long, PromptTooLong)
    assert good.steps


async def test_it_says_what_it_is_and_refuses_to_write_text(folders: dict[str, Path]) -> None:
    ours = generator(folders["steps"], max_num_seqs=7, max_num_batched_tokens=100, max_model_len=64)
    facts = await ours.ready()
    assert (facts["engine"], facts["max_num_seqs"], facts["max_num_batched_tokens"]) == ("scorer (steps)", 7, 100)
    assert facts["revision"] == model_revision(str(folders["steps"]))
    assert facts["max_model_len"] == 64
    [text] = await ours.generate([GenerateRequest(question_id="q", prompt="?")])
    assert isinstance(text, EngineFailed)
    assert (await ours.stats())["last_step_s"] == 0
    await ours.close()
    await ours.close()


async def test_other_weights_are_taken_and_a_folder_without_a_scorer_changes_nothing(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    ours = generator(folders["steps"])
    [before] = await ours.score([request(1, "It is 2.")])
    with pytest.raises(BadInput, match="layout=tags"):
        await ours.load_weights(str(folders["tags"]))
    other = tiny_prm(tmp_path / "other", seed=1)
    assert (await ours.load_weights(str(other)))["revision"] == model_revision(str(other))
    [after] = await ours.score([request(1, "It is 2.")])
    assert after.whole == before.whole  # those who asked for the first model get it again
    assert (await ours.ready())["weights"] is None
