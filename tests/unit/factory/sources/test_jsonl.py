"""JSON Lines in, questions out; every way a file can be wrong is one line with its number."""

from __future__ import annotations

import gzip
from pathlib import Path

import fsspec
import pytest
from fsspec.spec import AbstractBufferedFile
from omegaconf import OmegaConf

from factory.errors import BadInput
from factory.sources.jsonl import Config, questions
from factory.types import Question

GOOD = '{"question": "1 + 1?", "answer": "2"}\n'


def written(tmp_path: Path, content: str | bytes, name: str = "data.jsonl") -> str:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def read(path: str, **columns: str) -> list[Question]:
    return list(questions(Config(path=path, **columns)))  # type: ignore[arg-type]


def test_every_line_is_a_question_and_blank_lines_are_skipped(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD + "\n  \r\n" + '{"question": "2 + 2?", "answer": 4}')
    assert [(q.text, q.gold, q.source) for q in read(path)] == [
        ("1 + 1?", "2", "data.jsonl"),
        ("2 + 2?", "4", "data.jsonl"),
    ]


def test_the_config_is_a_structured_config() -> None:
    assert OmegaConf.to_object(OmegaConf.structured(Config)) == Config()


def test_gzip_is_unpacked_by_its_name(tmp_path: Path) -> None:
    assert len(read(written(tmp_path, gzip.compress(GOOD.encode()), "data.jsonl.gz"))) == 1


def test_a_glob_reads_its_files_by_name(tmp_path: Path) -> None:
    written(tmp_path, GOOD.replace("1 + 1", "b"), "b.jsonl")
    written(tmp_path, GOOD.replace("1 + 1", "a"), "a.jsonl")
    assert [q.text for q in read(f"{tmp_path}/*.jsonl")] == ["a?", "b?"]


def test_a_file_whose_name_looks_like_a_glob_is_read(tmp_path: Path) -> None:
    assert len(read(written(tmp_path, GOOD, "data[1].jsonl"))) == 1


def test_a_remote_file_is_read() -> None:
    fsspec.filesystem("memory").pipe_file("/bucket/a.jsonl", GOOD.encode() * 3)
    assert len(read("memory://bucket/a.jsonl")) == 3
    assert len(read("memory://bucket/*.jsonl")) == 3


def test_a_remote_file_is_not_read_anew_for_every_line(monkeypatch: pytest.MonkeyPatch) -> None:
    content = GOOD.encode() * 5000
    fetched: list[int] = []

    class Remote(AbstractBufferedFile):
        def _fetch_range(self, start: int, end: int) -> bytes:
            return content[start:end]

        def read(self, length: int = -1) -> bytes:
            fetched.append(length)
            return bytes(super().read(length))

    memory = fsspec.filesystem("memory")
    memory.pipe_file("/slow/a.jsonl", content)
    monkeypatch.setattr(type(memory), "open", lambda fs, path, *args, **kwargs: Remote(fs, path, size=len(content)))
    assert len(read("memory://slow/a.jsonl")) == 5000
    assert len(fetched) < 10


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    assert len(read(written(tmp_path, b"\xef\xbb\xbf" + GOOD.encode()))) == 1


def test_line_separators_inside_strings_do_not_end_a_line(tmp_path: Path) -> None:
    assert read(written(tmp_path, GOOD.replace("1 + 1", "1\u2028\x85+ 1")))[0].text == "1\u2028\x85+ 1?"


def test_reading_is_lazy(tmp_path: Path) -> None:
    stream = questions(Config(path=written(tmp_path, GOOD + "broken")))
    assert next(stream).gold == "2"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{broken", r"line 3: not JSON \(.*column 2\); expected one JSON object per line; mend or remove"),
        ('{"question": "cut o', "line 3: not JSON"),
        ("[1, 2]", "line 3: got a JSON array, expected a JSON object"),
        ('"text"', "line 3: got a JSON string"),
        ("null", "line 3: got a JSON null"),
        ("[" * 100_000, "line 3: "),
        ('{"question": "q", "answer": 1' + "0" * 5000 + "}", "line 3: JSON that cannot be read"),
        ('{"answer": "1"}', "line 3: there is no column 'question'"),
        ('{"question": "", "answer": "1"}', "line 3: the question .* is empty"),
    ],
)
def test_a_malformed_line_is_named_by_its_number(tmp_path: Path, line: str, complaint: str) -> None:
    with pytest.raises(BadInput, match=complaint) as caught:
        read(written(tmp_path, GOOD + "\n" + line + "\n" + GOOD))
    assert "\n" not in str(caught.value)


def test_bytes_that_are_not_utf8_are_named_by_line_and_place(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"data\.jsonl, line 2: byte 0xe9 at position 3 is not UTF-8"):
        read(written(tmp_path, GOOD.encode() + b'{"\xe9": 1}\n'))


def test_one_json_array_gets_the_advice_to_turn_it_into_lines(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"line 1: not JSON .*jq -c"):
        read(written(tmp_path, '[\n  {"question": "q", "answer": 1}\n]'))


def test_a_missing_file_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere\.jsonl: there is no such file"):
        read(f"{tmp_path}/nowhere.jsonl")
    with pytest.raises(BadInput, match="there is no such file"):
        read("memory://nowhere/a.jsonl")


def test_a_folder_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"got a folder, expected a file; .*/\*"):
        read(str(tmp_path))


def test_a_glob_without_a_match_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no file matches"):
        read(f"{tmp_path}/*.jsonl")


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_empty_file_is_bad_input(tmp_path: Path, content: str) -> None:
    with pytest.raises(BadInput, match="holds no questions"):
        read(written(tmp_path, content))


@pytest.mark.parametrize("path", ["", "nosuchstore://bucket/a.jsonl"])
def test_a_path_that_is_none_is_bad_input(path: str) -> None:
    with pytest.raises(BadInput):
        read(path)


@pytest.mark.parametrize(
    "content", [GOOD.encode(), gzip.compress(GOOD.encode() * 100)[:-12]], ids=["no gzip", "cut off"]
)
def test_damaged_compression_is_bad_input(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read(written(tmp_path, content, "data.jsonl.gz"))


def test_a_row_that_a_gold_preset_does_not_match_says_so_by_its_line(tmp_path: Path) -> None:
    first, second = read(written(tmp_path, GOOD + GOOD.replace('"2"', '"#### 2"')), gold="gsm8k")
    assert "line 1: the answer '2' has no text after a '####'" in first.gold_problem
    assert (second.gold, second.gold_problem) == ("2", "")
