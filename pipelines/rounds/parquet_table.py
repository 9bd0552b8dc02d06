"""Parquet file that a phase writes row by row: training data, decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# Rows that are held in memory before they are written.
ROWS_PER_GROUP = 4096


class ParquetTable:
    """Parquet file that rows are added to."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path = path
        self._schema = schema
        self._rows: list[Mapping[str, Any]] = []
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")

    def __enter__(self) -> ParquetTable:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._writer.close()

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows; a full group is written."""
        self._rows.extend(rows)
        if len(self._rows) >= ROWS_PER_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_batch(pa.RecordBatch.from_pylist([dict(row) for row in self._rows], schema=self._schema))
            self._rows.clear()
