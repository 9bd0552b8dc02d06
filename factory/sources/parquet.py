"""Questions from Parquet, local or remote, globs too. Only the columns asked for are read, batch by batch."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from factory.errors import BadInput
from factory.readers.columns import Columns, SourceRow, check_columns, needed, to_questions
from factory.readers.source_files import LFS_MAGIC, LFS_POINTER, open_files
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
    return to_questions(_rows(config), config, source=posixpath.basename(config.path))


def _rows(config: Config) -> Iterator[SourceRow]:
    """Yield the rows of all files, each with its place."""
    # Parquet compresses inside: a name that ends in .gz is still a Parquet file.
    for name, file in open_files(config.path, compression=None):
        number = 0
        for batch in _batches(name, file, config):
            for row in batch:
                number += 1
                yield f"{name}, row {number}", row


def _batches(name: str, file: Any, config: Config) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of one file, batch by batch. Raises `BadInput` for a file that cannot be read."""
    # Columns are checked before any row is read, so that a wrong name costs no download.
    try:
        parquet = pq.ParquetFile(file)
        names = parquet.schema_arrow.names
        check_columns(names, config, name)
        for batch in parquet.iter_batches(batch_size=_BATCH_ROWS, columns=needed(config, names)):
            yield batch.to_pylist()
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
