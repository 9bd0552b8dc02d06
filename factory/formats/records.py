"""Whole records, one per question: all that a run knows, nested, for whoever derives a view of their own.

The columns are those of `factory/records/schema.py`, but the two maps are lists of keys and values: `datasets` reads no
maps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from factory.records.schema import SCHEMA

SUFFIX = ".parquet"
COLUMNS = list(SCHEMA.names)


def _without_maps(field: pa.Field) -> pa.Field:
    if not pa.types.is_map(field.type):
        return field
    pair = pa.struct([("key", field.type.key_type), ("value", field.type.item_type)])
    return field.with_type(pa.list_(pair))


FEATURES = pa.schema([_without_maps(field) for field in SCHEMA])
_MAPS = [field.name for field in SCHEMA if pa.types.is_map(field.type)]


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The record itself."""
    yield {**record, **{name: _pairs(record[name]) for name in _MAPS}}


def _pairs(given: Any) -> list[dict[str, Any]] | None:
    return None if given is None else [{"key": key, "value": value} for key, value in dict(given).items()]
