"""Schemas and rows as they are read back from shards: earlier versions, and the names that Parquet gives.

* A row's own `schema_version` decides how it is read, not the shard it lies in: a merge copies rows of earlier
  versions into newer shards.
* Parquet renames the items of lists and maps: schemas are compared by `as_written`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

_NOT_COUNTED = {"1": ("label_calls", "label_tokens", "judge_calls", "judge_tokens")}
"""Fields of `factory.records.schema.COST` that rows of a version do not have yet."""


def completed(row: dict[str, Any]) -> Mapping[str, Any]:
    """Return a row with today's columns; calls and tokens that its version did not count become 0.

    The row's own version decides: a row that was copied into a newer shard keeps its version.
    """
    later = _NOT_COUNTED.get(row.get("schema_version", ""), ())
    if not later or row.get("cost") is None:
        return row
    uncounted = {name: 0 for name in later if row["cost"].get(name) is None}
    return {**row, "cost": {**row["cost"], **uncounted}}


def is_earlier(version: object) -> bool:
    """Return True when rows of this schema version may need `completed`."""
    return version in _NOT_COUNTED


def is_part_of(theirs: Any, ours: Any) -> bool:
    """Return True when every field of a schema or type is one of `ours`, with the same type, and none comes twice."""
    if isinstance(theirs, pa.Schema) or (pa.types.is_struct(theirs) and pa.types.is_struct(ours)):
        known = {item.name: item.type for item in ours}
        names = [item.name for item in theirs]
        is_unique = len(set(names)) == len(names)
        return is_unique and all(item.name in known and is_part_of(item.type, known[item.name]) for item in theirs)
    if pa.types.is_list(theirs) and pa.types.is_list(ours):
        return is_part_of(theirs.value_type, ours.value_type)
    return bool(theirs.equals(ours))


def as_written(schema: pa.Schema) -> pa.Schema:
    """Return the schema that a batch had before Parquet gave other names to the items of its lists and maps."""
    return pa.schema([(item.name, _as_written(item.type)) for item in schema])


def _as_written(kind: Any) -> Any:
    if pa.types.is_struct(kind):
        return pa.struct([(item.name, _as_written(item.type)) for item in kind])
    if pa.types.is_map(kind):
        return pa.map_(_as_written(kind.key_type), _as_written(kind.item_type))
    if pa.types.is_list(kind):
        return pa.list_(_as_written(kind.value_type))
    return kind
