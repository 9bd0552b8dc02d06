"""Third pass of an export: rows become shards of about equal size, `data/<config>/<split>-000ii-of-000NN.<suffix>`.

Parquet as data hubs like it: zstd, content-defined chunking (rows added to a set leave most pages as they were, so a
hub that stores by content uploads little), row groups of bounded size, a page index. How much smaller rows get on disk
is measured on some of them; shards are then cut by what rows take in memory, so that the same input gives the same
bytes, however many processes write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from factory.storage.digests import sha256_of
from pipelines.export.rows import PartFile

# Bounds of a row group in memory, whichever comes first.
GROUP_ROWS, GROUP_BYTES = 1 << 16, 32 * 2**20
# Batches that the ratio is measured on.
SAMPLES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Batches of a file of rows, from `first` up to `end`, which is not included."""

    path: str
    first: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardWanted:
    """Input of one call: a shard `name`, to be written to `path`, and what goes into it. `schema` is None for JSONL."""

    name: str
    path: str
    schema: pa.Schema | None
    slices: tuple[Slice, ...]
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardWritten:
    """Shard that is whole, with the hash of its file."""

    name: str
    rows: int
    n_bytes: int
    sha256: str


def shards_wanted(
    folder: str, config: str, split: str, suffix: str, schema: pa.Schema | None, parts: Sequence[PartFile], target: int
) -> list[ShardWanted]:
    """Return the shards of a config and split, near `target` bytes each, and what goes into them.

    Args:
      folder: scratch folder of the export.
      config: name of the config.
      split: name of the split.
      suffix: ".parquet" or ".jsonl".
      schema: Arrow schema of the rows; None for JSONL.
      parts: files of rows, in order.
      target: bytes of a shard on disk.
    """
    # Imported here: the processes that write shards need nothing of what comes with it.
    from pipelines.maintenance.merge import cuts

    places = [(part, number, *batch) for part in parts for number, batch in enumerate(part.batches)]
    total = sum(n_bytes for *_, n_bytes in places)
    # Rows get smaller on disk, so cuts are made by what they take in memory times a measured ratio.
    ratio = 1.0 if schema is None or total <= target else _ratio(schema, [place[:2] for place in places])
    # Cuts depend on sizes in memory alone, so every machine cuts at the same rows.
    ends = cuts([n_bytes for *_, n_bytes in places], target / ratio)
    wanted, start = [], 0
    for number, end in enumerate(ends):
        name = f"data/{config}/{split}-{number:05}-of-{len(ends):05}{suffix}"
        inside = places[start:end]
        wanted.append(
            ShardWanted(
                name=name,
                path=f"{folder}/{name}",
                schema=schema,
                slices=tuple(_slices([(part.path, batch) for part, batch, *_ in inside])),
                rows=sum(rows for _, _, rows, _ in inside),
            )
        )
        start = end
    return wanted


def _slices(places: Sequence[tuple[str, int]]) -> Iterator[Slice]:
    """Yield runs of batches that stand behind each other in one file."""
    first = 0
    for index, (path, batch) in enumerate(places, start=1):
        if index == len(places) or places[index][0] != path:
            yield Slice(path=path, first=places[first][1], end=batch + 1)
            first = index


def write_shard(wanted: ShardWanted) -> ShardWritten:
    """Write a shard to its path, and return its size and hash."""
    path = Path(wanted.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if wanted.schema is None:
        _write_lines(path, wanted.slices)
    else:
        with _writer(path, wanted.schema) as writer:
            for table in _groups(wanted.slices, wanted.schema):
                writer.write_table(table, row_group_size=table.num_rows)
    return ShardWritten(name=wanted.name, rows=wanted.rows, n_bytes=path.stat().st_size, sha256=sha256_of(path))


def _write_lines(path: Path, slices: Sequence[Slice]) -> None:
    """Write the lines of a JSONL shard."""
    with path.open("w", encoding="utf-8") as file:
        for batch in _batches(slices):
            file.writelines(f"{line}\n" for line in batch.column(0).to_pylist())


def _groups(slices: Sequence[Slice], schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield tables that each become one row group of bounded size."""
    group: list[pa.RecordBatch] = []
    rows = n_bytes = 0
    for batch in _batches(slices):
        # A group is closed before the batch that would make it too large.
        if group and (rows + batch.num_rows > GROUP_ROWS or n_bytes + batch.nbytes > GROUP_BYTES):
            yield pa.Table.from_batches(group, schema)
            group, rows, n_bytes = [], 0, 0
        group.append(batch)
        rows, n_bytes = rows + batch.num_rows, n_bytes + batch.nbytes
    if group:
        yield pa.Table.from_batches(group, schema)


def _batches(slices: Sequence[Slice]) -> Iterator[pa.RecordBatch]:
    """Yield the batches of some slices in order."""
    for piece in slices:
        with pa.OSFile(piece.path) as file, pa.ipc.open_file(file) as part:
            for number in range(piece.first, piece.end):
                yield part.get_batch(number)


def _ratio(schema: pa.Schema, places: Sequence[tuple[PartFile, int]]) -> float:
    """Return the bytes on disk per byte in memory, of some batches from everywhere."""
    # Samples come from the whole length: rows at the end may be unlike those at the beginning.
    chosen = places[:: max(1, len(places) // SAMPLES)]
    sink = pa.BufferOutputStream()
    n_bytes = 0
    with _writer(sink, schema) as writer:
        for table in _groups([Slice(path=part.path, first=batch, end=batch + 1) for part, batch in chosen], schema):
            n_bytes += table.nbytes
            writer.write_table(table, row_group_size=table.num_rows)
    return float(sink.getvalue().size / max(1, n_bytes))


def _writer(where: Path | pa.NativeFile, schema: pa.Schema) -> Any:
    """Return a Parquet writer with the settings that suit readers and hubs."""
    return pq.ParquetWriter(
        where,
        schema,
        compression="zstd",
        compression_level=3,
        write_page_index=True,
        use_content_defined_chunking=True,
    )
