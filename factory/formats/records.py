"""Whole records, one per question: all that a run knows, nested, for readers who derive a view of their own.

The columns are those of `factory/records/schema.py`, except that the two maps are lists of keys and values: the library
`datasets` cannot read maps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from factory.records.schema import SCHEMA

SUFFIX = ".parquet"
COLUMNS = list(SCHEMA.names)


def _without_maps(field: pa.Field) -> pa.Field:
    """Return a field with a list of (key, value) in place of a map."""
    if not pa.types.is_map(field.type):
        return field
    pair = pa.struct([("key", field.type.key_type), ("value", field.type.item_type)])
    return field.with_type(pa.list_(pair))


FEATURES = pa.schema([_without_maps(field) for field in SCHEMA])
_MAPS = [field.name for field in SCHEMA if pa.types.is_map(field.type)]


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the record itself, with its maps as lists."""
    yield {**record, **{name: _pairs(record[name]) for name in _MAPS}}


def _pairs(given: Any) -> list[dict[str, Any]] | None:
    return None if given is None else [{"key": key, "value": value} for key, value in dict(given).items()]
