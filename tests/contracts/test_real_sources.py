"""Files as people have them, through the commands that a user types: what is read, left out, renamed or refused.

None of these gets as far as starting Ray.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from omegaconf import OmegaConf
from support.runs import config_for

from tools.cli import main

Refused = Callable[..., str]
Shown = Callable[..., str]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shown:
    """Return a function that runs a command which succeeds, and returns what it prints."""

    def call(*arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", ["factory", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code == 0
        return capsys.readouterr().out

    return call


@pytest.fixture
def planned(told: Shown, tmp_path: Path) -> Shown:
    """Return a function that runs `factory plan` on a source and returns what it says of it, in one line."""

    def call(path: object, *overrides: str, kind: str = "jsonl") -> str:
        shown = told("plan", source(tmp_path, path, kind=kind), *overrides)
        return " ".join(shown.partition("\nwork")[2].split())

    return call


def source(tmp_path: Path, path: object, **fields: Any) -> Path:
    """Write a config with this source, and return its path."""
    config = tmp_path / "config.yaml"
    sections = config_for(tmp_path / "run", source={"kind": "jsonl", "path": str(path), **fields})
    OmegaConf.save(OmegaConf.create(sections), config)
    return config


def jsonl(path: Path, *rows: Mapping[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def numbered(count: int, name: str) -> list[dict[str, object]]:
    return [{"id": number, "question": f"{name}{number}?", "answer": str(number)} for number in range(count)]


# Ids.


def test_two_files_whose_ids_begin_at_0_are_all_there_and_it_is_said(planned: Shown, tmp_path: Path) -> None:
    jsonl(tmp_path / "a.jsonl", *numbered(50, "a"))
    jsonl(tmp_path / "b.jsonl", *numbered(50, "b"))
    said = planned(tmp_path / "*.jsonl", "source.id_column=id")
    assert said.startswith("100 questions in 50 units")
    assert "0 doubles" in said
    assert "renamed 50 questions whose id came before for another question: '0' (" in said
    assert "is '0@b.jsonl' here" in said


def test_two_files_of_the_same_questions_are_doubles_as_ever(planned: Shown, tmp_path: Path) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        jsonl(tmp_path / name, *numbered(5, "q"))
    said = planned(tmp_path / "*.jsonl", "source.id_column=id")
    assert said.startswith("5 questions in 3 units")
    assert "5 doubles" in said
    assert "renamed" not in said


# Multiple choice.

COLOURS = [
    {"question": f"Which, {number}?", "choices": ["red", "blue", f"{number % 4}"], "answer": number % 3}
    for number in range(30)
]
CHOICES = ("checker.kind=multiple_choice", "source.metadata_columns=[choices]")


def test_golds_that_count_the_choices_are_refused_as_a_whole(refused: Refused, tmp_path: Path) -> None:
    said = refused("plan", source(tmp_path, jsonl(tmp_path / "q.jsonl", *COLOURS)), *CHOICES)
    assert "gold answers are numbers and neither a label nor a choice's text" in said
    assert "set source.gold=index, which counts from 0" in said


def test_golds_that_count_the_choices_become_their_labels(planned: Shown, refused: Refused, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "q.jsonl", *COLOURS)
    assert planned(path, *CHOICES, "source.gold=index").startswith("30 questions in 15 units")
    said = refused("plan", tmp_path / "config.yaml", *CHOICES, "source.gold=index1")
    assert "set source.gold=index, which counts from 0" in said


# Characters.


@pytest.mark.parametrize(
    ("folder", "stop"), [("𠮷", "[END]"), ("q", '["🎉"]'), ("👩‍🚀 q", '["\\u2028", "é"]'), ("q", r"['\${x}']")]
)
def test_a_run_with_any_character_in_its_config_has_a_state_and_is_resumed(
    refused: Refused, told: Shown, tmp_path: Path, folder: str, stop: str
) -> None:
    (tmp_path / folder).mkdir()
    config = source(tmp_path, jsonl(tmp_path / folder / "q.jsonl", *numbered(3, "q")))
    with pytest.raises(AssertionError, match="Ray was started"):
        refused("run", config, f"sampling.stop={stop}")
    assert "0 of 3 questions" in told("status", tmp_path / "run")
    with pytest.raises(AssertionError, match="Ray was started"):
        refused("resume", tmp_path / "run")


# Rows without an answer.

MARKED = [
    {"question": "a?", "answer": "3 + 4 = 7\n#### 7"},
    {"question": "b?", "answer": "3 + 5 = 8"},
    {"question": "c?", "answer": None},
    {"question": "d?", "answer": float("nan")},
    {"question": "e?", "answer": ["#### 9"]},
    {"question": "f?"},
    {"question": "g?", "answer": "#### 10"},
]


def test_rows_without_a_gold_answer_are_skipped_counted_and_listed(planned: Shown, tmp_path: Path) -> None:
    said = planned(jsonl(tmp_path / "q.jsonl", *MARKED), "source.gold=gsm8k")
    assert said.startswith("2 questions in 1 units of 2 skipped: 5 gold answers that do not verify")
    assert "q.jsonl, line 2: the answer '3 + 5 = 8' has no text after a '####'" in said


@pytest.mark.parametrize("preset", ["math", "gsm8k"])
def test_a_preset_that_fits_no_row_is_told_with_the_first(preset: str, refused: Refused, tmp_path: Path) -> None:
    config = source(tmp_path, jsonl(tmp_path / "q.jsonl", *numbered(3, "q")))
    said = refused("run", config, f"source.gold={preset}")
    assert "holds no usable question (3 with a gold answer that cannot be read" in said
    assert "The first: " in said
    assert "q.jsonl, line 1: the answer '0' has no " in said


def test_a_column_of_whole_solutions_is_told_with_the_preset_to_set(refused: Refused, tmp_path: Path) -> None:
    config = source(tmp_path, jsonl(tmp_path / "q.jsonl", MARKED[0], MARKED[6]))
    assert "it is a solution, not an answer; set source.gold=gsm8k" in refused("run", config)


# Columns, cells and compressions.


def test_a_cell_of_csv_may_be_long(planned: Shown, tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text(f'question,answer\n"{"word " * 40_000}",7\n')
    assert planned(tmp_path / "q.csv", kind="csv").startswith("1 questions in 1 units")


def test_lines_compressed_with_zstd_are_read(planned: Shown, tmp_path: Path) -> None:
    lines = jsonl(tmp_path / "q.jsonl", *numbered(5, "q")).read_bytes()
    (tmp_path / "q.jsonl.zst").write_bytes(pa.compress(lines, codec="zstd", asbytes=True))
    assert planned(tmp_path / "q.jsonl.zst").startswith("5 questions in 3 units")


NESTED = {
    "prompt": [{"role": "user", "content": "1 + 1?"}],
    "extra_info": {"answer": ["2", "two"], "index": 7},
    "choices": {"text": ["x", "y"], "label": ["A", "B"]},
}
NAMES = (
    "source.question_column=prompt[-1].content",
    "source.answer_column=extra_info.answer[0]",
    "source.id_column=extra_info.index",
    "source.metadata_columns=[choices.text,options=choices]",
)


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet"])
def test_nested_columns_and_entries_of_lists_are_named(
    kind: str, planned: Shown, refused: Refused, tmp_path: Path
) -> None:
    path = tmp_path / f"q.{kind}"
    if kind == "jsonl":
        jsonl(path, NESTED)
    elif kind == "parquet":
        pq.write_table(pa.Table.from_pylist([NESTED]), path)
    else:
        cells = (json.dumps(value).replace('"', '""') for value in NESTED.values())
        path.write_text(f"{','.join(NESTED)}\n" + ",".join(f'"{cell}"' for cell in cells) + "\n")
    assert planned(path, *NAMES, kind=kind).startswith("1 questions in 1 units")
    said = refused("plan", tmp_path / "config.yaml", *NAMES, "source.answer_column=extra_info.anwser")
    assert "'extra_info' has no 'anwser'. Did you mean 'answer'? Valid: answer, index." in said
