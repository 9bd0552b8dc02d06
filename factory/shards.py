"""Shards: one unit = one Parquet object = one exclusive create. That the object exists *is* the commit.

A shard is built in memory, written to a temporary file, synced, and linked to its name; a name that is taken loses.
So readers may glob the folder at any moment, a crash leaves at most a hidden temporary file, and whoever writes a
unit twice learns whether both wrote the same rows.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from factory.errors import CommitFailed
from factory.tally import Tally

PREFIX, SUFFIX = "part-", ".parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the driver learns of a finished unit. `created` is False when the object was there already."""

    unit_id: str
    path: str
    n_bytes: int
    tally: Tally
    created: bool


def data_folder(run_dir: str | Path) -> Path:
    return Path(run_dir) / "data"


def committed_units(run_dir: str | Path) -> set[str]:
    """Ids of the units whose object exists."""
    folder = data_folder(run_dir)
    if not folder.is_dir():
        return set()
    return {
        entry.name[len(PREFIX) : -len(SUFFIX)]
        for entry in os.scandir(folder)
        if entry.name.startswith(PREFIX) and entry.name.endswith(SUFFIX)
    }


def shard_paths(run_dir: str | Path) -> list[Path]:
    """All committed shards, in a stable order."""
    return sorted(data_folder(run_dir).glob(f"{PREFIX}*{SUFFIX}"))


def encode(batch: pa.RecordBatch, counted: Tally) -> bytes:
    """A batch as the bytes of one Parquet file, its content hash and tally in the footer."""
    if not batch.num_rows:
        raise ValueError("a shard needs at least one row: an empty object would commit a unit that was never done")
    footer = {"factory.content": content_hash(batch), "factory.tally": json.dumps(counted.as_dict())}
    table = pa.Table.from_batches([batch]).replace_schema_metadata(footer)
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        compression="zstd",
        compression_level=3,
        row_group_size=4096,
        write_page_index=True,
        write_page_checksum=True,
    )
    return bytes(sink.getvalue())


def content_hash(batch: pa.RecordBatch) -> str:
    """Hash of the rows as written, independent of Parquet's encoding."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as stream:
        stream.write_batch(batch)
    return hashlib.sha256(sink.getvalue()).hexdigest()


def commit(run_dir: str | Path, unit_id: str, batch: pa.RecordBatch, counted: Tally) -> Receipt:
    """Write `batch` as the object of `unit_id`, exclusively. Raises `CommitFailed` when the disk refuses.

    When the object exists already its rows win: they were committed first, and a reader may have seen them.
    """
    data = encode(batch, counted)
    target = data_folder(run_dir) / f"{PREFIX}{unit_id}{SUFFIX}"
    try:
        created = create_exclusively(target, data)
    except OSError as error:
        raise CommitFailed(_advice(error, target, len(data))) from None
    if not created:
        counted = read_tally(target)
    return Receipt(unit_id=unit_id, path=str(target), n_bytes=target.stat().st_size, tally=counted, created=created)


def create_exclusively(target: Path, data: bytes) -> bool:
    """Durably create `target` with `data`; False when the name was taken. Never leaves a partial object."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.parent / f".{target.name}.{uuid.uuid4().hex}.tmp"
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, target)
        except FileExistsError:
            return False
        directory = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        return True
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()


def sweep_temporaries(run_dir: str | Path) -> int:
    """Remove temporary files a killed writer left. Only for a run folder nobody writes to at the moment."""
    left = list(data_folder(run_dir).glob(".*.tmp"))
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def read_tally(path: Path) -> Tally:
    """The counts kept in a shard's footer; its rows are not read."""
    metadata = pq.read_metadata(path).metadata or {}
    return Tally(**json.loads(metadata[b"factory.tally"]))


def read_rows(run_dir: str | Path, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """All rows of a run, shard after shard; memory is bounded by one row group."""
    for path in shard_paths(run_dir):
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=64, columns=columns):
                yield from batch.to_pylist()


def _advice(error: OSError, target: Path, size: int) -> str:
    what = f"could not write {target} ({size:,} bytes): {error.strerror or error}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{what}. Expected room on this disk; free some and run `factory resume`, nothing committed is lost."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{what}. Expected write permission in the run folder; grant it or choose another run.dir."
    return f"{what}. Nothing committed is lost; mend the storage and run `factory resume`."
