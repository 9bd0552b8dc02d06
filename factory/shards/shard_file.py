"""A shard as a file: how its rows are encoded as Parquet, and what its footer says of them."""

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
# A shard has few rows and some ninety leaf columns. Each of them would pay for a dictionary, statistics and its Arrow
# schema: half of a small shard's bytes, a quarter of the time of any (`python -m tools.bench.writer`).
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
    """What a shard says of itself without its rows being read."""

    tally: Tally
    content: str
    effort: Mapping[str, int]


def footer_for(batch: pa.RecordBatch, counted: Tally, effort: Mapping[str, int] | None = None) -> Footer:
    return Footer(tally=counted, content=content_hash(batch), effort=dict(effort or {}))


def encode(batch: pa.RecordBatch, footer: Footer) -> bytes:
    """A batch as the bytes of one Parquet file."""
    if not batch.num_rows:
        raise ValueError("a shard needs at least one row: an empty object would commit a unit that was never done")
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, batch.schema, **PARQUET) as writer:
        writer.add_key_value_metadata(
            {
                "factory.content": footer.content,
                "factory.records.tally": json.dumps(footer.tally.as_dict()),
                "factory.question_pipeline.effort": json.dumps(dict(footer.effort)),
            }
        )
        writer.write_batch(batch, row_group_size=ROWS_PER_GROUP)
    return bytes(sink.getvalue())


def content_hash(batch: pa.RecordBatch) -> str:
    """Hash of the rows as they were made, independent of Parquet's encoding. Of rows read back, it is that of
    `to_batch(batch.to_pylist())`: Parquet gives them other buffers."""
    digest = hashlib.sha256()
    with pa.ipc.new_stream(pa.PythonFile(_Digesting(digest), mode="w"), batch.schema.remove_metadata()) as stream:
        stream.write_batch(batch)
    return digest.hexdigest()


class _Digesting:
    """A file that keeps nothing but the hash of what is written to it."""

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
    """The footer of a shard that is open."""
    metadata = file.metadata.metadata or {}
    return Footer(
        tally=Tally(**json.loads(metadata[b"factory.records.tally"])),
        content=metadata[b"factory.content"].decode(),
        effort=json.loads(metadata.get(b"factory.question_pipeline.effort", b"{}")),
    )
