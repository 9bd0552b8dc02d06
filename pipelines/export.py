"""Flat views of a run, written next to nothing else: `OUT/data/<format>/train-00000-of-00001.<suffix>`.

Streams: memory is bounded by one batch of rows. A file appears by one rename when it is whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from factory.errors import BadInput
from factory.plugins import plugin
from factory.shards import records_of
from factory.storage.opening import Folder

ROWS_PER_GROUP = 4096


@dataclass(frozen=True)
class Exported:
    """Where a format was written and how many rows it has."""

    format: str
    path: Path
    rows: int


def export(run_dir: Folder, name: str, out: str | Path) -> Exported:
    """Write format `name` of all committed records of `run_dir` under `out`. Raises `BadInput`."""
    view = plugin("factory.formats", name)
    if "://" in str(out):
        raise BadInput(f"OUT is {out}. Expected a local folder; `factory merge` writes to object stores.")
    target = Path(out) / "data" / name / f"train-00000-of-00001{view.SUFFIX}"
    temporary = target.with_name(f".{target.name}.tmp")
    stream = (row for record in records_of(run_dir) for row in view.rows(record))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write = _write_parquet if view.FEATURES is not None else _write_jsonl
        written = write(temporary, stream, view.FEATURES)
        temporary.replace(target)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise BadInput(f"cannot write {target}: {error.strerror or error}. Choose another OUT folder.") from None
    return Exported(format=name, path=target, rows=written)


def _write_parquet(path: Path, rows: Iterator[dict[str, Any]], schema: pa.Schema) -> int:
    written = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        while batch := list(islice(rows, ROWS_PER_GROUP)):
            writer.write_batch(pa.RecordBatch.from_pylist(batch, schema=schema))
            written += len(batch)
    return written


def _write_jsonl(path: Path, rows: Iterator[dict[str, Any]], _: None) -> int:
    written = 0
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            written += 1
    return written
