"""Parquet in, questions out; only the columns asked for are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from omegaconf import OmegaConf

from factory.errors import BadInput
from factory.sources import parquet
from factory.sources.parquet import Config, questions


def written(tmp_path: Path, columns: dict[str, Any], name: str = "data.parquet") -> str:
    path = tmp_path / name
    pq.write_table(pa.table(columns), path)
    return str(path)


def test_every_row_is_a_question(tmp_path: Path) -> None:
    path = written(tmp_path, {"question": ["a", "b"], "answer": [1, 2], "huge": ["x", "y"]})
    assert [(q.text, q.gold) for q in questions(Config(path=path))] == [("a", "1"), ("b", "2")]


def test_the_config_is_a_structured_config() -> None:
    assert OmegaConf.to_object(OmegaConf.structured(Config)) == Config()


def test_more_rows_than_a_batch_are_read_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_BATCH_ROWS", 2)
    path = written(tmp_path, {"question": list("abcde"), "answer": list("12345")})
    assert "".join(q.gold for q in questions(Config(path=path))) == "12345"
    assert len(list(questions(Config(path=path, limit=3)))) == 3


def test_a_remote_glob_is_read(tmp_path: Path) -> None:
    content = Path(written(tmp_path, {"question": ["a"], "answer": ["1"]})).read_bytes()
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/pq/a.parquet", content)
    memory.pipe_file("/pq/b.parquet", content)
    assert len(list(questions(Config(path="memory://pq/*.parquet")))) == 2


def test_a_missing_column_names_those_there_are(tmp_path: Path) -> None:
    path = written(tmp_path, {"question": ["a"], "answers": ["1"]})
    with pytest.raises(BadInput, match=r"no column 'answer'\. Did you mean 'answers'"):
        list(questions(Config(path=path)))


def test_a_null_is_named_by_its_row(tmp_path: Path) -> None:
    path = written(tmp_path, {"question": ["a", None], "answer": ["1", "2"]})
    with pytest.raises(BadInput, match=r"data\.parquet, row 2: the question .* is empty"):
        list(questions(Config(path=path)))


def test_a_file_that_is_not_parquet_is_bad_input(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    for content in (b"", b'{"question": 1}', Path(written(tmp_path, {"question": ["a"]}, "x")).read_bytes()[:-9]):
        path.write_bytes(content)
        with pytest.raises(BadInput, match="cannot be read as Parquet"):
            list(questions(Config(path=str(path))))


def test_a_pointer_of_git_lfs_says_so(tmp_path: Path) -> None:
    (tmp_path / "data.parquet").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n")
    with pytest.raises(BadInput, match=r"data\.parquet: expected a Parquet file, and this is .* git lfs pull"):
        list(questions(Config(path=str(tmp_path / "data.parquet"))))


def test_text_that_is_not_utf8_is_bad_input(tmp_path: Path) -> None:
    broken = pa.array([b"\xff"], pa.binary()).cast(pa.string(), safe=False)
    with pytest.raises(BadInput, match="not UTF-8"):
        list(questions(Config(path=written(tmp_path, {"question": broken, "answer": ["1"]}))))


def test_no_file_a_folder_and_no_rows_are_bad_input(tmp_path: Path) -> None:
    empty = written(tmp_path, {"question": pa.array([], pa.string()), "answer": pa.array([], pa.string())})
    for path, complaint in [(empty, "no questions"), (str(tmp_path), "a folder"), (f"{tmp_path}/x", "no such file")]:
        with pytest.raises(BadInput, match=complaint):
            list(questions(Config(path=path)))


NESTED = {
    "prompt": [[{"role": "user", "content": "1 + 1?"}]],
    "reward_model": [{"ground_truth": "2", "style": "rule"}],
    "extra.info": ["kept"],
    "extra": [{"info": "not this", "index": 7}],
}


def test_names_lead_into_nested_columns_and_a_column_with_a_dot_in_its_name_wins(tmp_path: Path) -> None:
    path = written(tmp_path, NESTED)
    config = Config(path=path, question_column="prompt[0].content", answer_column="reward_model.ground_truth")
    config.id_column, config.metadata_columns = "extra.index", ["extra.info"]
    (one,) = questions(config)
    assert (one.text, one.gold, one.id, one.metadata) == ("1 + 1?", "2", "7", {"extra.info": "kept"})


def test_a_nested_name_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    config = Config(path=written(tmp_path, NESTED), question_column="prompt[0].content")
    config.answer_column = "reward_model.ground_thruth"
    with pytest.raises(BadInput, match=r"row 1: 'reward_model' has no 'ground_thruth'\. Did you mean 'ground_truth'"):
        list(questions(config))
