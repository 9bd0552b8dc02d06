"""Encoding of a shard: its rows as one Parquet file, and the footer that says what they hold.

* A shard has at least one row: an empty object would commit a unit that was never done.
* The content hash depends on the rows alone, not on Parquet's encoding: two writers of the same rows get the same hash.
* Footer keys (`factory.content`, `factory.records.tally`, …) are part of the format on disk and never change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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


def footer_for(batch: pa.RecordBatch, counted: Tally, effort: Mapping[str, int] | None = None) -> Footer:
    """Return the footer of a shard with the rows of `batch`, whose counts are `counted`."""
    return Footer(tally=counted, content=content_hash(batch), effort=dict(effort or {}))


def encode(batch: pa.RecordBatch, footer: Footer) -> bytes:
    """Return a batch as the bytes of one Parquet file. Raises `ValueError` for a batch without rows."""
    if not batch.num_rows:
        raise ValueError("a shard needs at least one row: an empty object would commit a unit that was never done")
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, batch.schema, **PARQUET) as writer:
        writer.add_key_value_metadata(
            {
                "factory.content": footer.content,
                "factory.tally": json.dumps(footer.tally.as_dict()),
                "factory.effort": json.dumps(dict(footer.effort)),
            }
        )
        writer.write_batch(batch, row_group_size=ROWS_PER_GROUP)
    return bytes(sink.getvalue())


def content_hash(batch: pa.RecordBatch) -> str:
    """Return the SHA-256 of the rows as they were made, independent of Parquet's encoding.

    Rows that were read back have other buffers. Their hash is that of `to_batch(batch.to_pylist())`.
    """
    digest = hashlib.sha256()
    with pa.ipc.new_stream(pa.PythonFile(_Digesting(digest), mode="w"), batch.schema.remove_metadata()) as stream:
        stream.write_batch(batch)
    return digest.hexdigest()


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
    """Return the footer of an open shard. Raises `KeyError` for a Parquet file without one."""
    metadata = file.metadata.metadata or {}
    return Footer(
        tally=Tally(**json.loads(metadata[b"factory.tally"])),
        content=metadata[b"factory.content"].decode(),
        # Shards of the first versions say nothing of effort.
        effort=json.loads(metadata.get(b"factory.effort", b"{}")),
    )
