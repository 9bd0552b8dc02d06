"""Rows cut into Arrow batches of bounded size.

An Arrow column of strings holds at most 2 GiB, as its offsets have 32 bits, and a unit of long solutions has more.
Where it is cut depends on the rows alone, so that equal rows make equal batches, and equal content hashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import pyarrow as pa

from factory.records.schema import SCHEMA
from factory.records.thought_fields import whole_text

Key = TypeVar("Key")
Row = Mapping[str, Any]

BATCH_BYTES = 256 * 2**20
"""Most text of a batch, in bytes over all columns; a batch of one row may have more."""
ROW_BYTES = 2**31 - 1
"""Most text of a row, in bytes over all columns: what a column of Arrow strings can hold."""


def text_bytes(value: Any) -> int:
    """Return the bytes (UTF-8) of all texts in a row, or in a part of one: plain dicts, lists, tuples and scalars."""
    if type(value) is str:
        return len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))
    inner = value.values() if type(value) is dict else value
    return sum(text_bytes(item) for item in inner if type(item) in _HOLDS_TEXT)


_HOLDS_TEXT = frozenset({str, dict, list, tuple})


def most_bytes(row: Row) -> int:
    """Return what `text_bytes` of a row is at most, nearly, counted quickly: 12 for every character of its solutions.

    Each text is there up to three times (whole, in steps, in the tree), and a character takes up to 4 bytes.
    """
    given = sum(text_bytes([row[name]]) for name in ("question", "gold_answer", "metadata"))
    return given + 12 * sum(len(whole_text(solution)) for solution in row["solutions"])


def cut(rows: Mapping[Key, Row], limit: int = 0) -> Iterator[dict[Key, Row]]:
    """Yield `rows` in groups, in order, each with at most `limit` bytes of text (0: `BATCH_BYTES`) or a single row."""
    group: dict[Key, Row] = {}
    n_bytes, limit = 0, limit or BATCH_BYTES
    for key, row in rows.items():
        more = text_bytes(row)
        if group and n_bytes + more > limit:
            yield group
            group, n_bytes = {}, 0
        group[key] = row
        n_bytes += more
    if group:
        yield group


def batches_of(rows: Iterable[Row], schema: pa.Schema = SCHEMA) -> Iterator[pa.RecordBatch]:
    """Yield rows as Arrow batches of `schema`, each made when it is asked for.

    Raises `pyarrow.ArrowInvalid` for a row with more than `ROW_BYTES` in a column.
    """
    for group in cut(dict(enumerate(rows))):
        yield pa.RecordBatch.from_pylist([dict(row) for row in group.values()], schema=schema)
