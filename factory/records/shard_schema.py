"""Schemas and rows as they are read back from shards: of earlier versions, and with the names that Parquet gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

_NOT_COUNTED = {"1": ("label_calls", "label_tokens", "judge_calls", "judge_tokens")}
"""What of `factory.records.schema.COST` came later than rows of a version."""


def completed(row: dict[str, Any]) -> Mapping[str, Any]:
    """A row in today's columns: what was not counted in its version has cost nothing. It is the row's own version that
    counts: one that was copied into a newer shard is still of its time."""
    later = _NOT_COUNTED.get(row.get("schema_version", ""), ())
    if not later or row.get("cost") is None:
        return row
    uncounted = {name: 0 for name in later if row["cost"].get(name) is None}
    return {**row, "cost": {**row["cost"], **uncounted}}


def is_earlier(version: object) -> bool:
    """Whether rows of this schema version may have to be `completed`."""
    return version in _NOT_COUNTED


def is_part_of(theirs: Any, ours: Any) -> bool:
    """Whether every field of a schema or type is one of ours, with the same type."""
    if isinstance(theirs, pa.Schema) or (pa.types.is_struct(theirs) and pa.types.is_struct(ours)):
        known = {item.name: item.type for item in ours}
        names = [item.name for item in theirs]
        once = len(set(names)) == len(names)
        return once and all(item.name in known and is_part_of(item.type, known[item.name]) for item in theirs)
    if pa.types.is_list(theirs) and pa.types.is_list(ours):
        return is_part_of(theirs.value_type, ours.value_type)
    return bool(theirs.equals(ours))


def as_written(schema: pa.Schema) -> pa.Schema:
    """The schema of a batch before Parquet gave other names to the items of its lists and maps."""
    return pa.schema([(item.name, _as_written(item.type)) for item in schema])


def _as_written(kind: Any) -> Any:
    if pa.types.is_struct(kind):
        return pa.struct([(item.name, _as_written(item.type)) for item in kind])
    if pa.types.is_map(kind):
        return pa.map_(_as_written(kind.key_type), _as_written(kind.item_type))
    if pa.types.is_list(kind):
        return pa.list_(_as_written(kind.value_type))
    return kind
