"""Benchmark files of every kind, and data sets through `datasets` without a network."""

from __future__ import annotations

import csv
import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from factory.errors import BadInput
from pipelines.decontamination.benchmarks import read, read_all

ROWS = [{"id": "x1", "question": "How many?", "answer": "1"}, {"id": "x2", "question": "Why,\nnow?", "answer": "2"}]


def written(folder: Path, name: str, rows: list[Any]) -> str:
    path = folder / name
    lines = "".join(json.dumps(row) + "\n\n" for row in rows)
    if name.endswith(".jsonl"):
        path.write_text(lines)
    elif name.endswith(".jsonl.gz"):
        path.write_bytes(gzip.compress(lines.encode()))
    elif name.endswith(".json.gz"):
        path.write_bytes(gzip.compress(json.dumps({"version": 1, "data": rows}).encode()))
    elif name.endswith(".json"):
        path.write_text("\ufeff" + json.dumps(rows))
    elif name.endswith(".csv"):
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    else:
        pq.write_table(pa.Table.from_pylist(rows), path)
    return str(path)


@pytest.mark.parametrize("name", ["b.jsonl", "b.jsonl.gz", "b.json", "b.json.gz", "b.csv", "b.parquet"])
def test_every_kind_of_file_is_read(tmp_path: Path, name: str) -> None:
    found = list(read(written(tmp_path, name, ROWS)))
    assert found == [(name, "x1", "How many?"), (name, "x2", "Why,\nnow?")]
    assert [text for *_, text in read(written(tmp_path, name, ROWS) + ":answer")] == ["1", "2"]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"Problem": "p", "solution": "s"}, "p"),
        ({"input": "i", "prompt": "p"}, "p"),
        ({"Body": "story", "Question": "asked", "ID": 7}, "story\nasked"),
        ("plain text", "plain text"),
    ],
)
def test_the_question_column_is_guessed(tmp_path: Path, row: Any, text: str) -> None:
    assert [found[2] for found in read(written(tmp_path, "b.jsonl", [row]))] == [text]


def test_a_column_of_ones_own_columns_joined_and_ids_by_number(tmp_path: Path) -> None:
    path = written(tmp_path, "b.jsonl", [{"a": "x", "b": "y"}, {"a": "z", "b": "w"}])
    assert list(read(f"{path}:a+b")) == [("b.jsonl", "1", "x\ny"), ("b.jsonl", "2", "z\nw")]


def test_one_object_per_file_as_math_has_it_as_a_glob_or_a_folder(tmp_path: Path) -> None:
    for name in ("algebra/1.json", "algebra/2.json", "geometry/1.json"):
        (tmp_path / "MATH" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "MATH" / name).write_text(json.dumps({"problem": name, "level": "Level 3", "tags": ["x"]}))
    (tmp_path / "MATH" / "README.md").write_text("no question")
    found = [("MATH", f"{name} 1", name) for name in ("algebra/1.json", "algebra/2.json", "geometry/1.json")]
    assert list(read(f"{tmp_path}/MATH")) == list(read(f"{tmp_path}/MATH/:problem")) == found
    assert [number for _, number, _ in read(f"{tmp_path}/MATH/algebra/*.json")] == ["1.json 1", "2.json 1"]


def test_benchmarks_of_one_name_are_called_by_more_of_their_paths(tmp_path: Path) -> None:
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
    paths = [written(tmp_path / folder, "test.json", ROWS[:1]) for folder in ("x", "y")]
    other = written(tmp_path, "other.json", ROWS[:1])
    assert [name for name, *_ in read_all([*paths, other])] == ["x/test.json", "y/test.json", "other.json"]
    assert len({name for name, *_ in read_all([f"{other}:question", f"{other}:answer"])}) == 2


def test_ids_are_unique(tmp_path: Path) -> None:
    rows = [{"id": "a", "question": "p"}, {"id": "a", "question": "q"}, {"id": "b", "question": "r"}]
    assert [number for _, number, _ in read(written(tmp_path, "b.jsonl", rows))] == ["a", "a (row 2)", "b"]


@pytest.mark.parametrize(
    ("name", "content", "column", "complaint"),
    [
        ("b.jsonl", '{"question": "a"}\n{"quest', "", r"line 2: not JSON"),
        ("b.jsonl", '{"frage": "a"}\n', "", r"'frage'; name it after the path: FILE:COLUMN"),
        ("b.jsonl", '{"question": "a"}\n', ":task", r"no column 'task'; expected one of 'question'"),
        ("b.jsonl", '{"question": null}\n', "", r"line 1: column 'question' is None; expected a question's text"),
        ("b.jsonl", "7\n", "", "got a int"),
        ("b.jsonl", "", "", "holds no questions"),
        ("b.json", '{"a": [], "b": []}', "", "an object that holds one list"),
        ("b.json", "[1", "", "not JSON"),
        ("b.json", "[" * 100_000, "", "not JSON"),
        ("b.csv", 'question\n"a', "", "not CSV"),
        ("b.csv", "question,x\n,1\n", "", "column 'question' is ''"),
        ("b.parquet", "PAR1", "", "cannot be read as Parquet"),
        ("b.json.gz", "no gzip", "", "cannot be read"),
        ("b.txt", "a", "", "got no suffix of"),
    ],
)
def test_what_cannot_be_read_is_one_clear_line(
    tmp_path: Path, name: str, content: str, column: str, complaint: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(BadInput, match=complaint) as caught:
        list(read(f"{tmp_path / name}{column}"))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no such file"):
        list(read(f"{tmp_path}/none.jsonl:question"))


@pytest.mark.parametrize(
    ("spec", "asked"),
    [
        ("hf:org/set", ("org/set", None, "test", "question")),
        ("hf:org/set:main", ("org/set", "main", "test", "question")),
        ("hf:org/set:train", ("org/set", None, "train", "question")),
        ("hf:org/set:main:dev", ("org/set", "main", "dev", "question")),
        ("hf:org/set::test[:5]:other", ("org/set", None, "test[:5]", "other")),
    ],
)
def test_a_data_set_is_asked_for_by_name_config_and_split(
    monkeypatch: pytest.MonkeyPatch, spec: str, asked: tuple[str, str | None, str, str]
) -> None:
    datasets = pytest.importorskip("datasets")
    calls = []

    def load_dataset(name: str, config: str | None, *, split: str) -> list[dict[str, str]]:
        calls.append((name, config, split))
        return [{"question": "question", "other": "other"}]

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    assert list(read(spec)) == [("org/set", "1", asked[3])]
    assert calls == [asked[:3]]


def test_a_local_data_set_is_loaded_for_real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))
    (tmp_path / "data").mkdir()
    written(tmp_path / "data", "test.jsonl", ROWS)
    assert [text for *_, text in read(f"hf:{tmp_path}/data")] == ["How many?", "Why,\nnow?"]
    with pytest.raises(BadInput, match=r"split 'train'.*cannot be read"):
        list(read(f"hf:{tmp_path}/data:train"))


@pytest.mark.parametrize("error", [ConnectionError("no\nroute"), FileNotFoundError("offline mode is enabled")])
def test_no_network_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    datasets = pytest.importorskip("datasets")

    def load_dataset(*args: Any, **kwargs: Any) -> Any:
        raise error

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    with pytest.raises(BadInput, match=r"check name, split and network, or name a file") as caught:
        list(read("hf:org/set"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("spec", ["hf:", "hf:a:b:c:d:e"])
def test_a_malformed_name_is_bad_input(spec: str) -> None:
    with pytest.raises(BadInput, match="expected hf:name"):
        list(read(spec))
