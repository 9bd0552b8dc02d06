"""Mistakes of users: one line on stderr that says what was got, what was expected and what to do; exit code 2.

None of these gets as far as starting Ray.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from support.runs import config_for

Refused = Callable[..., str]


def jsonl(tmp_path: Path, *lines: str) -> list[str]:
    """Overrides for a source that holds `lines`."""
    path = tmp_path / "questions.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    source = {"kind": "jsonl", "path": str(path)}
    other = tmp_path / "jsonl.yaml"
    OmegaConf.save(OmegaConf.create(config_for(tmp_path / "run", source=source)), other)
    return [str(other)]


GOOD = json.dumps({"question": "What is 2 + 2?", "answer": "4"})


def test_a_missing_model(refused: Refused, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    OmegaConf.save(OmegaConf.create(config_for(tmp_path / "run", engine={"kind": "vllm"})), path)
    said = refused("run", path, "model=./nowhere")
    assert "no model './nowhere'" in said
    assert "expected smollm2-135m, an existing local folder, or a Hugging Face id" in said
    assert not (tmp_path / "run").exists()


def test_an_empty_question_file(refused: Refused, tmp_path: Path) -> None:
    said = refused("run", *jsonl(tmp_path))
    assert "questions.jsonl holds no questions; expected at least one row" in said


def test_a_missing_question_file(refused: Refused, tmp_path: Path) -> None:
    said = refused("run", *jsonl(tmp_path, GOOD), f"source.path={tmp_path}/nowhere.jsonl")
    assert f"{tmp_path}/nowhere.jsonl" in said


def test_a_malformed_line_is_named_by_its_number(refused: Refused, tmp_path: Path) -> None:
    said = refused("run", *jsonl(tmp_path, GOOD, GOOD.replace("2", "3"), '{"question": '))
    assert "questions.jsonl, line 3: not JSON" in said
    assert "expected one JSON object per line; mend or remove the line" in said


def test_a_column_that_is_not_there(refused: Refused, tmp_path: Path) -> None:
    said = refused("run", *jsonl(tmp_path, '{"problem": "What is 2 + 2?", "answer": "4"}'))
    assert "line 1" in said
    assert "'question'" in said
    assert "problem" in said


def test_a_mistake_in_the_source_does_not_bind_the_run_folder(refused: Refused, tmp_path: Path, config: Path) -> None:
    refused("run", *jsonl(tmp_path))
    with pytest.raises(AssertionError, match="Ray was started"):
        refused("run", config)


def test_a_run_folder_of_another_config(refused: Refused, config: Path) -> None:
    with pytest.raises(AssertionError, match="Ray was started"):
        refused("run", config)
    said = refused("run", config, "sampling.temperature=0.5")
    assert "holds a run with another config (sampling.temperature is 0.7 there, 0.5 here)" in said
    assert "Choose another run.dir, or finish that one with `factory resume" in said


def test_a_source_that_changed_since_the_run_began(refused: Refused, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="Ray was started"):
        refused("run", *jsonl(tmp_path, GOOD))
    said = refused("run", *jsonl(tmp_path, GOOD, GOOD.replace("2", "3").replace("4", "6")))
    assert "has changed since the run began: 1 questions then, 2 now. Restore it, or start a new run.dir" in said


def test_a_prompt_that_changed_since_the_run_began(refused: Refused, config: Path, tmp_path: Path) -> None:
    prompt = tmp_path / "prompt.txt"
    prompt.write_text("[user]\n{question}\n", encoding="utf-8")
    with pytest.raises(AssertionError, match="Ray was started"):
        refused("run", config, f"prompt.template={prompt}")
    prompt.write_text("[user]\nThink. {question}\n", encoding="utf-8")
    said = refused("resume", tmp_path / "run")
    assert "the prompt template of" in said
    assert "Restore the file, or start a new run.dir" in said


@pytest.mark.parametrize("parent", ["file", "/proc"])
def test_a_run_folder_that_cannot_be_written(parent: str, refused: Refused, tmp_path: Path, config: Path) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / parent / "run"  # an absolute parent stands for itself
    said = refused("run", config, f"run.dir={folder}")
    assert str(folder) in said
    assert said.startswith("factory: could not ")
    assert "choose another folder" in said


@pytest.mark.parametrize(
    ("override", "complaint"),
    [
        ("search.k=3", "unknown config key 'search.k'. Valid: n."),
        ("serach.n=3", "unknown config key 'serach'. Did you mean 'search'?"),
        ("cluster.worker=3", "Did you mean 'workers'?"),
        ("search.n=many", "search.n"),
        ("search.n", "is not of the form section.key=value"),
        ("search.method=smaple", "Did you mean 'sample'?"),
        ("prompt.template=zero_shot", "Did you mean 'zero_shot_cot'?"),
        ("cluster.workers=-1", "cluster.workers is -1. Expected at least 1, or 0 for the default."),
    ],
)
def test_a_config_that_cannot_be(override: str, complaint: str, refused: Refused, config: Path) -> None:
    assert complaint in refused("run", config, override)


def test_a_config_file_that_is_not_there(refused: Refused, tmp_path: Path) -> None:
    assert "no config file at" in refused("run", tmp_path / "nowhere.yaml")


@pytest.mark.parametrize("command", ["resume", "status"])
def test_a_folder_that_is_no_run(command: str, refused: Refused, tmp_path: Path) -> None:
    assert "is no run folder: it holds no config.yaml" in refused(command, tmp_path)


def test_an_override_that_would_change_the_records_of_a_resumed_run(
    refused: Refused, config: Path, tmp_path: Path
) -> None:
    with pytest.raises(AssertionError, match="Ray was started"):
        refused("run", config)
    assert "would change the records. A resumed run takes only what does not: cluster.*" in refused(
        "resume", tmp_path / "run", "source.n=9"
    )
