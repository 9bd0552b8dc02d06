"""Scripted stand-in: which solutions it reads, and that other weights are other solutions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from actors.engines.scripted import NO_ANSWER, SCRIPT, Config, Engine
from factory.types import GenerateRequest, Prompt, Sampling


def model(folder: Path, script: dict[str, list[str]] | None) -> str:
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    if script is not None:
        (folder / SCRIPT).write_text(json.dumps(script))
    return str(folder)


async def started(folder: str, **config: Any) -> Engine:
    engine = Engine(Config(**config), folder)
    await engine.start()
    return engine


async def answers(engine: Engine, prompt: Prompt, n: int = 2) -> list[str]:
    request = GenerateRequest(question_id="q", prompt=prompt, n=n, sampling=Sampling())
    [found] = await engine.generate([request])
    assert isinstance(found, list)
    return [completion.text for completion in found]


async def test_a_model_folder_brings_its_own_solutions(tmp_path: Path) -> None:
    engine = await started(model(tmp_path / "m", {"What?": ["theirs"]}), solutions={"Who?": ["ours"]})
    assert await answers(engine, "What?") == ["theirs", "theirs"]
    assert await answers(engine, "Who?") == ["ours", "ours"]


async def test_what_the_folder_says_goes_before_the_config(tmp_path: Path) -> None:
    engine = await started(model(tmp_path / "m", {"What?": ["theirs"]}), solutions={"What?": ["ours"]})
    assert await answers(engine, "What?", n=1) == ["theirs"]


@pytest.mark.parametrize("name", ["none", "org/name"])
async def test_a_model_that_is_no_folder_has_the_solutions_of_the_config(name: str) -> None:
    engine = await started(name, solutions={"What?": ["ours"]})
    assert await answers(engine, "What?", n=1) == ["ours"]
    assert await answers(engine, "Else?", n=1) == [NO_ANSWER]


async def test_other_weights_are_other_solutions_and_keep_nothing_of_the_ones_before(tmp_path: Path) -> None:
    first, second = (model(tmp_path / name, {f"{name}?": [name]}) for name in ("a", "b"))
    engine = await started(first)
    revisions = [engine.revision]
    await engine.load_weights(second)
    revisions.append(engine.revision)
    assert [await answers(engine, f"{name}?", n=1) for name in ("a", "b")] == [[NO_ANSWER], ["b"]]
    await engine.load_weights(first)
    revisions.append(engine.revision)
    assert [await answers(engine, f"{name}?", n=1) for name in ("a", "b")] == [["a"], [NO_ANSWER]]
    assert revisions[0] == revisions[2] != revisions[1]
    assert None not in revisions


async def test_a_folder_without_a_script_answers_with_the_config_alone(tmp_path: Path) -> None:
    engine = await started(model(tmp_path / "a", {"What?": ["theirs"]}), solutions={"Who?": ["ours"]})
    await engine.load_weights(model(tmp_path / "b", None))
    assert await answers(engine, "What?", n=1) == [NO_ANSWER]
    assert await answers(engine, "Who?", n=1) == ["ours"]


@pytest.mark.parametrize("prompt", ["one two", (("user", "one"), ("assistant", "x"), ("user", "two"))])
async def test_of_several_questions_in_a_prompt_the_last_is_asked(prompt: Prompt) -> None:
    engine = await started("none", solutions={"two": ["of two"], "one": ["of one"]})
    assert await answers(engine, prompt, n=1) == ["of two"]


async def test_a_question_with_a_hint_is_another_question() -> None:
    engine = await started("none", solutions={"What?": ["guess"], "What?\n(It is": ["known"]})
    assert await answers(engine, "Question: What?\n(It is 3.)\nAnswer:\n", n=1) == ["known"]
    assert await answers(engine, "Question: What?\nAnswer:\n", n=1) == ["guess"]
