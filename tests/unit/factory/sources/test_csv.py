"""CSV in, questions out; every way a file can be wrong is one line with its number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import fsspec
import pytest
from omegaconf import OmegaConf

from factory.errors import BadInput
from factory.sources.csv import Config, questions
from factory.types import Question


def read(tmp_path: Path, content: str | bytes, **config: Any) -> list[Question]:
    path = tmp_path / "data.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(questions(Config(path=str(path), **config)))


def test_every_row_is_a_question(tmp_path: Path) -> None:
    found = read(tmp_path, "question,answer\n1 + 1?,2\n\n2 + 2?,4\n")
    assert [(q.text, q.gold) for q in found] == [("1 + 1?", "2"), ("2 + 2?", "4")]


def test_the_config_is_a_structured_config() -> None:
    assert OmegaConf.to_object(OmegaConf.structured(Config)) == Config()


def test_quoted_fields_keep_delimiters_quotes_and_line_ends(tmp_path: Path) -> None:
    assert read(tmp_path, 'question,answer\n"a, ""b""\nc",2\n')[0].text == 'a, "b"\nc'


def test_another_delimiter_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfquestion\tanswer\r\nq\t2\r\n", delimiter="\t")[0].gold == "2"


def test_several_files_each_have_a_header() -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/csv/a.csv", b"question,answer\na,1\n")
    memory.pipe_file("/csv/b.csv", b"answer,question\n2,b\n")
    assert [(q.text, q.gold) for q in questions(Config(path="memory://csv/*.csv"))] == [("a", "1"), ("b", "2")]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("question,answer\nq,1\nq\n", r"line 3: got 1 fields, expected 2"),
        ("question,answer\nq,1\na,b,2\n", r"line 3: got 3 fields, expected 2"),
        ('question,answer\n"two\nlines",1\n"never closed,2\n', r"line 4: not CSV"),
        ('question,answer\n"a"b,2\n', r"line 2: not CSV"),
        ('question,answer\n"two\nlines",1\n,2\n', r"line 4: the question .* is empty"),
        ("problem,answer\nq,1\n", r"line 1: there is no column 'question'"),
        ("question,answer,answer\nq,1,2\n", r"line 1: the header names 'answer' twice"),
        (b"question,answer\nq,\xff\n", r"line 2: byte 0xff at position 3 is not UTF-8"),
        ("question,answer\n", "holds no questions"),
        ("", "holds no questions"),
    ],
)
def test_a_malformed_file_is_named_by_its_line(tmp_path: Path, content: str | bytes, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint) as caught:
        read(tmp_path, content)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("delimiter", ["", "||", '"', "\n"])
def test_a_delimiter_that_is_none_is_refused(tmp_path: Path, delimiter: str) -> None:
    with pytest.raises(BadInput, match="expected one character"):
        read(tmp_path, "question,answer\nq,1\n", delimiter=delimiter)


def test_a_cell_may_be_as_long_as_questions_are(tmp_path: Path) -> None:
    text = "long " * 60_000
    assert read(tmp_path, f'question,answer\n"{text}",2\n')[0].text == text.strip()


def test_a_name_leads_into_json_within_a_cell(tmp_path: Path) -> None:
    content = 'question,info,answer[0]\nq,"{""answer"": ""2"", ""options"": [""x"", ""y""]}",own\n'
    columns = {"answer_column": "info.answer", "metadata_columns": ["info.options[1]", "answer[0]"]}
    (one,) = read(tmp_path, content, **columns)
    assert (one.gold, one.metadata) == ("2", {"info.options[1]": "y", "answer[0]": "own"})
