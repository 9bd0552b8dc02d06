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
    """The record itself, with what JSON lacks written as JSON has it."""
    created = record["created_at"]
    yield {
        **record,
        "metadata": dict(record["metadata"]),
        "created_at": created.isoformat() if isinstance(created, datetime) else created,
    }
