"""Merged shards: the rows of many units in one object, unit after unit, each row with its own `unit_id`.

* A merged shard reads like any other shard. Its footer also says how many units it holds.
* Its content hash is the SHA-256 of the lines "<unit id> <content hash of the unit's rows>", in order. So it is checked
  unit by unit, in bounded memory, and vouches for the same rows as the shards it was made of. Only units of an earlier
  schema, which get today's columns, are hashed anew.
* Its name holds the same hash over what the units' own footers say. The name is decided before any row is read, so it
  differs from the footer's hash where there are units of an earlier schema.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

import pyarrow.parquet as pq

from factory.records.tally import Tally

_UNITS = b"factory.units"


def merged_content(units: Iterable[tuple[str, str]]) -> str:
    """Return the content hash of units given as (unit id, content hash), in order."""
    digest = hashlib.sha256()
    for unit_id, content in units:
        digest.update(f"{unit_id} {content}\n".encode())
    return digest.hexdigest()


def merged_id(number: int, content: str) -> str:
    """Return the unit id of merged shard `number`. Same units, same id.

    `content`: hash over its units as they were committed.
    """
    return f"merged-{number:05}-{content[:16]}"


def merged_footer(counted: Tally, content: str, effort: Mapping[str, int], units: int) -> dict[str, str]:
    """Return the key-value metadata of a merged shard, as `factory.shards.shard_file.footer_of` reads it.

    Args:
      counted: counts over all rows.
      content: `merged_content` of the units as they are written.
      effort: least that was asked for of each question (`factory/question_pipeline/effort.py`).
      units: how many units the shard holds.
    """
    return {
        "factory.content": content,
        "factory.tally": json.dumps(counted.as_dict()),
        "factory.effort": json.dumps(dict(effort)),
        _UNITS.decode(): str(units),
    }


def units_in(file: pq.ParquetFile) -> int | None:
    """Return how many units a merged shard holds; None for a shard of one unit."""
    units = (file.metadata.metadata or {}).get(_UNITS)
    return None if units is None else int(units)
