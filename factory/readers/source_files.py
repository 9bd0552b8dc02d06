"""Access to the user's files, wherever fsspec reaches: a local path, a glob, `s3://`; compression by the name.

Every way in which that fails is one `BadInput` line.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedReader
from typing import Any
from zipfile import ZipFile

import fsspec
import pyarrow as pa
from fsspec.implementations.local import LocalFileSystem

from factory.errors import BadInput

_BUFFER_BYTES = 1 << 20
# Python's own limit for a cell of CSV is 131,072 characters; a quote that is never closed still ends somewhere.
csv.field_size_limit(1 << 27)

LFS_MAGIC = b"version https://git-lfs"
LFS_POINTER = "a pointer of Git LFS: fetch the file itself with git lfs pull"
# fsspec unpacks these only where a further package is installed; Arrow always can.
_BY_ARROW = {".zst": "zstd", ".zstd": "zstd", ".lz4": "lz4"}
_MAGIC = {
    b"\x1f\x8b": "compressed with gzip: give it a name that ends in .gz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd: give it a name that ends in .zst",
    b"\x04\x22\x4d\x18": "compressed with lz4: give it a name that ends in .lz4",
    b"\xfd7zXZ\x00": "compressed with xz: give it a name that ends in .xz",
    b"BZh91AY&SY": "compressed with bzip2: give it a name that ends in .bz2",
    b"PK\x03\x04": "a zip archive: unpack it, or give it a name that ends in .zip",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive: unpack it",
    b"PAR1": "a Parquet file: set source.kind=parquet",
    LFS_MAGIC: LFS_POINTER,
    b"ARROW1": "an Arrow file: convert it to Parquet or JSON Lines",
    b"\xff\xfe\x00\x00": "UTF-32 text: convert it with iconv -f utf-32 -t utf-8",
    b"\xff\xfe": "UTF-16 text: convert it with iconv -f utf-16 -t utf-8",
    b"\xfe\xff": "UTF-16 text: convert it with iconv -f utf-16 -t utf-8",
}
# What file systems call the mark or the time of a file's last change.
_CHANGED = "ETag", "etag", "md5Hash", "LastModified", "last_modified", "mtime", "updated"
_TAR_MARK = slice(257, 262)


def open_files(path: str, compression: str | None = "infer") -> Iterator[tuple[str, Any]]:
    """Yield the name and the opened binary file of everything that `path` (a file or a glob) matches, sorted by name.

    `compression` is fsspec's: by default it is told from the name; None reads the bytes as they are.
    """
    with _reporting_bad_input(path):
        fs, names = _find(path)
    for name in names:
        shown = name if isinstance(fs, LocalFileSystem) else fs.unstrip_protocol(name)
        with ExitStack() as opened:
            with _reporting_bad_input(shown):
                file = opened.enter_context(_opened(fs, name, compression))
            yield shown, file


def stamp_of(path: str) -> str | None:
    """Return a text that is another one when a file that `path` matches was changed, was added or is gone.

    It holds what a listing says: names, sizes, times. None for a store that says no times. Raises `BadInput` as
    `open_files` does.
    """
    with _reporting_bad_input(path):
        fs, names = _find(path)
        if isinstance(fs, LocalFileSystem):
            states = [os.stat(name) for name in names]
            return json.dumps([[name, one.st_size, one.st_mtime_ns] for name, one in zip(names, states, strict=True)])
        stamps = []
        for name in names:
            info = fs.info(name)
            changed = next((str(info[key]) for key in _CHANGED if info.get(key)), None)
            if changed is None:
                return None
            stamps.append([name, info.get("size"), changed])
        return json.dumps(stamps)


@contextmanager
def _opened(fs: fsspec.AbstractFileSystem, name: str, compression: str | None) -> Iterator[Any]:
    """Open one file, unpacked."""
    codec = next((codec for end, codec in _BY_ARROW.items() if name.lower().endswith(end)), None)
    if compression == "infer" and name.lower().endswith(".zip"):
        with fs.open(name, "rb") as packed, ZipFile(packed) as archive, archive.open(_only_file(archive, name)) as file:
            yield file
        return
    if compression != "infer" or codec is None:
        with fs.open(name, "rb", compression=compression) as file:
            yield file
        return
    with fs.open(name, "rb") as packed, pa.CompressedInputStream(packed, codec) as file:
        yield file


def _only_file(archive: ZipFile, where: str) -> str:
    """Return the name of the one file in a zip archive, without what macOS adds. Raises `BadInput` for several."""
    names = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX/")]
    if len(names) != 1:
        shown = ", ".join(names[:3]) + ", …" * (len(names) > 3)
        raise BadInput(
            f"{where}: got a zip archive of {len(names)} files{': ' * bool(names)}{shown}; expected one; unpack it and "
            "name the files that are meant, by a pattern such as folder/*.jsonl"
        )
    return names[0]


def _refuse(error: BadInput) -> None:
    raise error


def text_lines(path: str, on_bad: Callable[[BadInput], None] = _refuse) -> Iterator[tuple[str, int, str]]:
    """Yield file name, 1-based line number and text, line end included, of every line of every file `path` matches.

    Lines are decoded one by one, so that bytes which are not UTF-8 are reported with their line number. `on_bad` gets
    the error of such a line, which is left out unless `on_bad` raises; by default it does.
    """
    for name, file in open_files(path):
        with _reporting_bad_input(name):
            # Remote files of fsspec read a whole block for every line; behind a buffer that costs nothing.
            for number, line in enumerate(BufferedReader(file, _BUFFER_BYTES), start=1):
                if number == 1:
                    _refuse_no_text(line, f"{name}, line 1")
                try:
                    text = _decoded(line, f"{name}, line {number}", first=number == 1)
                except BadInput as error:
                    on_bad(error)
                    continue
                yield name, number, text


def _find(path: str) -> tuple[fsspec.AbstractFileSystem, list[str]]:
    """Return the file system and the names of the files that `path` matches. Raises `BadInput` for none."""
    if not path:
        raise BadInput("the source's path is empty; expected a file, a glob or a URL such as s3://bucket/file")
    fs, root = fsspec.core.url_to_fs(path)
    if fsspec.core.has_magic(root) and not fs.exists(root):
        matches = fs.glob(root, detail=True)
        names = sorted(name for name, info in matches.items() if info["type"] != "directory")
        if not names:
            raise BadInput(f"{path}: no file matches; expected at least one; check the path and the pattern")
        return fs, names
    if fs.info(root)["type"] == "directory":
        raise BadInput(f"{path}: got a folder, expected a file; name the file, or its files with {path}/*")
    return fs, [root]


def _decoded(line: bytes, where: str, *, first: bool) -> str:
    """Return a line as text, without a byte order mark where it is the first one."""
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{where}: byte 0x{line[error.start]:02x} at position {error.start + 1} is not UTF-8; expected UTF-8 "
            "text; convert the file, e.g. with iconv -t utf-8"
        ) from None
    return text.removeprefix("\ufeff") if first else text


def _refuse_no_text(line: bytes, where: str) -> None:
    """Raise `BadInput` for a first line by which a file is known to be no text, saying what it is."""
    kind = next((kind for magic, kind in _MAGIC.items() if line.startswith(magic)), None)
    if line[_TAR_MARK] == b"ustar":
        kind = "a tar archive: unpack it"
    if line.startswith(b"PK") and (b"[Content_Types]" in line or b"xl/" in line):
        kind = "an Excel file: save it as CSV"
    if kind is not None:
        raise BadInput(f"{where}: expected text, and this is {kind}")


@contextmanager
def _reporting_bad_input(path: str) -> Iterator[None]:
    """Turn every error of the block into a `BadInput` line about `path`."""
    try:
        yield
    except BadInput:
        raise
    except FileNotFoundError:
        raise BadInput(f"{path}: there is no such file; expected a file, a glob or a URL; check the path") from None
    except PermissionError:
        raise BadInput(f"{path}: no permission to read it; give yourself read access or choose another") from None
    except Exception as error:
        # Every store and codec brings exceptions of its own.
        reason = " ".join(str(error).split()) or "no reason given"
        raise BadInput(
            f"{path}: cannot be read ({type(error).__name__}: {reason}); expected a readable file; check the path, "
            "its compression and the store's settings"
        ) from error
