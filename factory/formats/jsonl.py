"""Whole records as JSON lines, one per question, for readers without Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from factory.records.schema import SCHEMA

SUFFIX = ".jsonl"
FEATURES = None
COLUMNS = list(SCHEMA.names)


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the record itself, its map as a JSON object and its time as ISO 8601 text."""
    created = record["created_at"]
    yield {
        **record,
        "metadata": dict(record["metadata"]),
        "created_at": created.isoformat() if isinstance(created, datetime) else created,
    }
