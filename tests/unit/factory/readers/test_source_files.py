"""Files are unpacked by their name; what is no text says what it is."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest

from factory.errors import BadInput
from factory.readers.source_files import text_lines

TEXT = b'{"question": "1 + 1?"}\n' * 1000


def lines_of(tmp_path: Path, name: str, content: bytes) -> list[str]:
    (tmp_path / name).write_bytes(content)
    return [line for _, _, line in text_lines(str(tmp_path / name))]


def packed(codec: str) -> bytes:
    return bytes(pa.compress(TEXT, codec=codec, asbytes=True))


def zipped(*names: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name in names or ("q.jsonl",):
            archive.writestr(name, TEXT)
    return sink.getvalue()


def tarred() -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        entry = tarfile.TarInfo("q.jsonl")
        entry.size = len(TEXT)
        archive.addfile(entry, io.BytesIO(TEXT))
    return sink.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("q.jsonl", TEXT),
        ("q.jsonl.gz", gzip.compress(TEXT)),
        ("q.jsonl.bz2", bz2.compress(TEXT)),
        ("q.jsonl.xz", lzma.compress(TEXT)),
        ("q.jsonl.zip", zipped()),
        ("q.jsonl.zip", zipped("__MACOSX/._q.jsonl", "data/", "data/q.jsonl")),
        ("q.jsonl.zst", packed("zstd")),
        ("q.jsonl.ZST", packed("zstd")),
        ("q.jsonl.zstd", packed("zstd")),
        ("q.jsonl.zst", packed("zstd") + packed("zstd")),
        ("q.jsonl.lz4", packed("lz4")),
    ],
)
def test_a_file_is_unpacked_by_its_name(tmp_path: Path, name: str, content: bytes) -> None:
    lines = lines_of(tmp_path, name, content)
    assert set(lines) == {'{"question": "1 + 1?"}\n'}
    assert len(lines) in (1000, 2000)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("q.jsonl", gzip.compress(TEXT), "compressed with gzip: give it a name that ends in .gz"),
        ("q.jsonl", packed("zstd"), "compressed with zstd: give it a name that ends in .zst"),
        ("q.jsonl", lzma.compress(TEXT), "compressed with xz"),
        ("q.jsonl", bz2.compress(TEXT), "compressed with bzip2"),
        ("q.jsonl", packed("lz4"), "compressed with lz4"),
        ("q.jsonl", zipped(), "a zip archive"),
        ("q.jsonl", tarred(), "a tar archive: unpack it"),
        ("q.xlsx", zipped("[Content_Types].xml"), "an Excel file: save it as CSV"),
        ("q.jsonl", b"version https://git-lfs.github.com/spec/v1\noid x\n", "git lfs pull"),
        ("q.tar.gz", gzip.compress(tarred()), "a tar archive: unpack it"),
        ("q.jsonl", b"PAR1\x15\x04", "a Parquet file: set source.kind=parquet"),
        ("q.jsonl", TEXT.decode().encode("utf-32"), "UTF-32 text: convert it with iconv -f utf-32"),
        ("q.jsonl", TEXT.decode().encode("utf-16"), "UTF-16 text: convert it with iconv -f utf-16"),
    ],
)
def test_what_is_no_text_says_what_it_is(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    with pytest.raises(BadInput, match="line 1: expected text, and this is") as caught:
        lines_of(tmp_path, name, content)
    assert said in str(caught.value)


@pytest.mark.parametrize("content", [packed("zstd")[:-3], packed("zstd")[:20], TEXT, packed("zstd") + b"junk"])
def test_a_damaged_file_loses_no_line_silently(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadInput, match=r"q\.jsonl\.zst: cannot be read"):
        lines_of(tmp_path, "q.jsonl.zst", content)


def test_an_archive_of_several_files_loses_none_silently(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"q\.zip: got a zip archive of 2 files: a\.jsonl, b\.jsonl; expected one"):
        lines_of(tmp_path, "q.zip", zipped("a.jsonl", "b.jsonl"))
    with pytest.raises(BadInput, match="got a zip archive of 0 files; expected one"):
        lines_of(tmp_path, "q.zip", zipped("data/"))
