"""Columns of an object, compared with those of records: names and types in a Parquet footer have no checksum."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from factory.records.schema import SCHEMA
from factory.records.shard_schema import as_written, is_part_of
from factory.shards.damage import Unreadable

# Objects of a run share one schema, which takes as long to go through as a footer to read: some that were right are
# kept. A folder of merged runs has one for each version of the factory that wrote it.
_KEPT = 8
_right: tuple[pa.Schema, ...] = ()


def check_columns(file: pq.ParquetFile) -> None:
    """Raise `Unreadable` where a file has columns, or fields of them, that records do not have, in name or in type.

    Records of earlier versions lack some, which readers take for null: under a damaged name one would pass for lacking.
    """
    global _right
    # Not `file.schema`, whose comparison leaves out the names of columns with fields.
    schema = file.schema_arrow
    if any(known.equals(schema) for known in _right):
        return
    columns = as_written(schema)
    if not is_part_of(columns, SCHEMA):
        unknown = [column.name for column in columns if not is_part_of(pa.schema([column]), SCHEMA)]
        raise Unreadable(
            f"columns of other names or types than those of factory/records/schema.py: {', '.join(unknown)[:160]}"
        )
    # Threads may do this at the same time: one of two schemas is kept then, which costs a comparison.
    _right = (*_right[1 - _KEPT :], schema)
