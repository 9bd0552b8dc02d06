"""Merged shards: the rows of many units in one object, unit after unit, each row with its own `unit_id`.

A merged shard reads like any other. Its footer says how many units it holds, and its content hash is one over theirs:
the SHA-256 of the lines "<unit id> <content hash of the unit's rows>", in order. So it is checked unit by unit, in
bounded memory, and says the same of the rows as the shards it was made of; only units of an earlier schema, which get
today's columns, are hashed anew. The name holds the same hash over what the units' own footers say: it is decided
before any row is read, so it differs from the footer's where there are units of an earlier schema.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

import pyarrow.parquet as pq

from factory.records.tally import Tally

_UNITS = b"factory.shards.units"


def merged_content(units: Iterable[tuple[str, str]]) -> str:
    """The content hash of units given as (unit id, content hash), in order."""
    digest = hashlib.sha256()
    for unit_id, content in units:
        digest.update(f"{unit_id} {content}\n".encode())
    return digest.hexdigest()


def merged_id(number: int, content: str) -> str:
    """The unit id of merged shard `number`, `content` being the hash over its units as they were committed: same units,
    same name."""
    return f"merged-{number:05}-{content[:16]}"


def merged_footer(counted: Tally, content: str, effort: Mapping[str, int], units: int) -> dict[str, str]:
    """The key-value metadata of a merged shard, as `factory.shards.shard_file.footer_of` reads it."""
    return {
        "factory.content": content,
        "factory.records.tally": json.dumps(counted.as_dict()),
        "factory.question_pipeline.effort": json.dumps(dict(effort)),
        _UNITS.decode(): str(units),
    }


def units_in(file: pq.ParquetFile) -> int | None:
    """How many units a merged shard holds; None for one that is a unit itself."""
    found = (file.metadata.metadata or {}).get(_UNITS)
    return None if found is None else int(found)
