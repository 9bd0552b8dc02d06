"""Encoding of a shard: its rows as one Parquet file, and the footer that says what they hold.

* A shard has at least one row: an empty object would commit a unit that was never done.
* The content hash depends on the rows alone, not on Parquet's encoding: two writers of the same rows get the same hash.
* Rows of more than `factory.records.batches.BATCH_BYTES` are several batches, hashed one after the other. Each begins a
  row group, and is read by itself (`batches_in`): Arrow cannot read more than 2 GiB of nested texts at once.
* Footer keys (`factory.content`, `factory.records.tally`, …) are part of the format on disk and never change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from factory.records.tally import Tally

ROWS_PER_GROUP = 4096
# A shard has few rows and some ninety leaf columns. A dictionary and statistics for each of them, and the Arrow schema,
# would be half of a small shard's bytes and take a quarter of any shard's time (`python -m tools.bench.writer`).
PARQUET = {
    "compression": "zstd",
    "compression_level": 3,
    "use_dictionary": False,
    "write_statistics": ["question_id", "unit_id", "status"],
    "store_schema": False,
    "write_page_index": True,
    "write_page_checksum": True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """Facts about a shard that are known without reading its rows.

    `tally`: counts over the rows. `content`: hash of the rows. `effort`: least that was asked for of each question
    (`factory/question_pipeline/effort.py`).
    """

    tally: Tally
    content: str
    effort: Mapping[str, int]


Batches: TypeAlias = pa.RecordBatch | Iterable[pa.RecordBatch]
"""Rows of a shard: one batch, or several of one schema, in order."""


def footer_for(batches: Batches, counted: Tally, effort: Mapping[str, int] | None = None) -> Footer:
    """Return the footer of a shard with these rows, whose counts are `counted`."""
    return Footer(tally=counted, content=content_hash(batches), effort=dict(effort or {}))


def encode(batch: pa.RecordBatch, footer: Footer) -> bytes:
    """Return a batch as the bytes of one Parquet file. Raises `ValueError` for a batch without rows."""
    sink = pa.BufferOutputStream()
    _write(sink, [batch], lambda: key_values(footer))
    return bytes(sink.getvalue())


def write_shard(
    sink: Path | pa.NativeFile,
    batches: Iterable[pa.RecordBatch],
    counted: Tally,
    effort: Mapping[str, int] | None = None,
    more: Mapping[str, str] | None = None,
) -> Footer:
    """Write batches as one Parquet file, one after the other, so that only one is in memory.

    Args:
      sink: file to write.
      batches: the rows; each batch begins a row group.
      counted: counts over the rows.
      effort: least that was asked for of each question.
      more: further key-value metadata.

    Returns:
      The footer that was written.

    Raises:
      ValueError: there are no rows.
    """
    digest = _RowsDigest()
    footers: list[Footer] = []

    def last_words() -> dict[str, str]:
        footers.append(Footer(tally=counted, content=digest.hexdigest(), effort=dict(effort or {})))
        return {**key_values(footers[0]), **(more or {})}

    _write(sink, map(digest.passed, batches), last_words)
    return footers[0]


def _write(
    sink: Path | pa.NativeFile, batches: Iterable[pa.RecordBatch], last_words: Callable[[], Mapping[str, str]]
) -> None:
    """Write batches, then what `last_words` says of them."""
    stream = iter(batches)
    first = next(stream, None)
    if first is None or not first.num_rows:
        raise ValueError("a shard needs at least one row: an empty object would commit a unit that was never done")
    with pq.ParquetWriter(sink, first.schema, **PARQUET) as writer:
        for batch in chain([first], stream):
            writer.write_batch(batch, row_group_size=ROWS_PER_GROUP)
        writer.add_key_value_metadata(last_words())


def key_values(footer: Footer) -> dict[str, str]:
    """Return a footer as Parquet's key-value metadata."""
    return {
        "factory.content": footer.content,
        "factory.tally": json.dumps(footer.tally.as_dict()),
        "factory.effort": json.dumps(dict(footer.effort)),
    }


def content_hash(batches: Batches) -> str:
    """Return the SHA-256 of the rows as they were made, independent of Parquet's encoding.

    Rows that were read back have other buffers. Their hash is that of `factory.records.batches.batches_of` the rows.
    """
    digest = _RowsDigest()
    for batch in [batches] if isinstance(batches, pa.RecordBatch) else batches:
        digest.passed(batch)
    return digest.hexdigest()


def batches_in(
    file: pq.ParquetFile,
    batch_size: int = 64,
    columns: Sequence[str] | None = None,
    groups: Iterable[int] | None = None,
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of an open shard in batches that never cross a row group.

    Args:
      file: the shard.
      batch_size: most rows of a batch.
      columns: leaf columns, as `pyarrow` takes them; None for all.
      groups: numbers of the row groups to read, in order; None for all.
    """
    for group in range(file.num_row_groups) if groups is None else groups:
        yield from file.iter_batches(batch_size=batch_size, columns=columns, row_groups=[group])


class _RowsDigest:
    """Hash of batches, in order, as Arrow's stream format has them."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._stream: Any = None

    def passed(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return `batch`, once it is hashed."""
        if self._stream is None:
            sink = pa.PythonFile(_Digesting(self._digest), mode="w")
            self._stream = pa.ipc.new_stream(sink, batch.schema.remove_metadata())
        self._stream.write_batch(batch)
        return batch

    def hexdigest(self) -> str:
        """Return the hash of all that came, in hex; nothing can come any more."""
        if self._stream is not None:
            self._stream.close()
        return self._digest.hexdigest()


class _Digesting:
    """File object that keeps only the hash of what is written to it."""

    closed = False

    def __init__(self, digest: Any) -> None:
        self._digest = digest

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        return len(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


def footer_of(file: pq.ParquetFile) -> Footer:
    """Return the footer of an open shard.

    Raises `KeyError` for a Parquet file without one, what `reading` knows as damage for one that is damaged.
    """
    metadata = file.metadata.metadata or {}
    return Footer(
        tally=Tally.of_dict(json.loads(metadata[b"factory.tally"])),
        content=metadata[b"factory.content"].decode(),
        # Shards of the first versions say nothing of effort.
        effort=dict(json.loads(metadata.get(b"factory.effort", b"{}"))),
    )
