"""Questions from Parquet, local or remote, globs too. Only the columns asked for are read, batch by batch."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from factory.errors import BadInput
from factory.readers.columns import Columns, SourceRow, check_columns, needed, rows_are_questions, to_questions
from factory.readers.source_files import LFS_MAGIC, LFS_POINTER, open_files, stamp_of
from factory.types import Question

_BATCH_ROWS = 1024


@dataclass
class Config(Columns):
    """Settings of the source, besides `Columns`.

    * `path`: a file, a glob or a URL such as `s3://bucket/*.parquet`.
    """

    path: str = ""


def questions(config: Config) -> Iterator[Question]:
    """Yield the questions of the file or files, read in batches. Raises `BadInput` at the first bad row."""
    return questions_from(config, 0)


def questions_from(config: Config, row: int) -> Iterator[Question]:
    """Yield the questions but for the first `row`; row groups that hold only these are not read."""
    source, skip = posixpath.basename(config.path), row if rows_are_questions(config) else 0
    return islice(to_questions(_rows(config, skip), config, source, first=skip), row - skip, None)


def stamp(config: Config) -> str | None:
    """Return names, sizes and times of the files."""
    return stamp_of(config.path)


def _rows(config: Config, skip: int) -> Iterator[SourceRow]:
    """Yield the rows of all files but for the first `skip`, each with its place."""
    # Parquet compresses inside: a name that ends in .gz is still a Parquet file.
    for name, file in open_files(config.path, compression=None):
        for first, batch in _batches(name, file, config, skip):
            for number, row in enumerate(batch, start=first):
                if number >= skip:
                    yield f"{name}, row {number + 1}", row
        if skip:
            skip = max(0, skip - _rows_of(file))


def _rows_of(file: Any) -> int:
    """Return how many rows a file has that was read already."""
    return int(pq.ParquetFile(file).metadata.num_rows)


def _batches(name: str, file: Any, config: Config, skip: int) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield the rows of one file, batch by batch, each with the number of its first row from 0.

    Row groups before row `skip` are left out. Raises `BadInput` for a file that cannot be read.
    """
    # Columns are checked before any row is read, so that a wrong name costs no download.
    try:
        parquet = pq.ParquetFile(file)
        names = parquet.schema_arrow.names
        check_columns(names, config, name)
        groups, first = list(range(parquet.num_row_groups)), 0
        while groups and first + parquet.metadata.row_group(groups[0]).num_rows <= skip:
            first += parquet.metadata.row_group(groups.pop(0)).num_rows
        for batch in parquet.iter_batches(_BATCH_ROWS, groups, columns=needed(config, names)) if groups else ():
            yield first, batch.to_pylist()
            first += batch.num_rows
    except UnicodeDecodeError as error:
        raise BadInput(f"{name}: a text column is not UTF-8 ({error}); write the file anew with UTF-8") from None
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, pa.ArrowInvalid) and _begins_with(file, LFS_MAGIC):
            raise BadInput(f"{name}: expected a Parquet file, and this is {LFS_POINTER}") from None
        reason = " ".join(str(error).split())
        raise BadInput(
            f"{name}: cannot be read as Parquet ({reason}); expected a whole Parquet file; check what wrote it"
        ) from None


def _begins_with(file: Any, magic: bytes) -> bool:
    """Return whether a file begins with these bytes."""
    file.seek(0)
    return bytes(file.read(len(magic))) == magic
