"""Spool: finished questions of units that are not committed yet, so that no stop and no death does them again.

    spool/<unit id>.r000/<rows>-<SHA-256 of the object>.parquet

* A worker writes here what has been finished for a while in a unit that is not (`actors/kept_rows.py`). Whoever takes
  the unit up again begins with these rows. Units that are done sooner leave nothing here.
* The spool commits nothing: readers of a run never look here, and what is lost here is worked on again.
* An object is named by its hash. One with other bytes, of another unit, version or schema, or with other questions is
  ignored, with a sentence.
* Two workers on one unit write objects of different names. Of two rows of one question the first is taken.
* Objects are removed behind the commit of their unit; those that a killed worker leaves, by `sweep`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from factory.records.batches import batches_of
from factory.records.schema import SCHEMA
from factory.records.shard_schema import as_written
from factory.records.tally import tally
from factory.shards.shard_file import batches_in, write_shard
from factory.shards.units import Unit
from factory.storage.opening import Folder, open_store
from factory.storage.store import Store

FOLDER = "spool"
# Objects of another version are ignored: what they hold is worked on again.
VERSION = 1
_KEY = "factory.spool"
_NAME = re.compile(
    rf"{FOLDER}/(?P<unit>[^/]+)\.r(?P<revision>\d{{3,}})/(?P<rows>\d{{1,9}})-(?P<hash>[0-9a-f]{{64}})\.parquet"
)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """Answer of a worker about a unit that it was told to stop.

    * `kept`: finished questions that lie in the spool now.
    * `left`: questions that have to be worked on again.
    * `remarks`: what the worker had to say of the spool so far, such as why finished questions could not be kept.
    """

    unit_id: str
    kept: int
    left: int
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spooled:
    """Object of the spool: `rows` finished questions of `revision` of unit `unit_id`."""

    name: str
    unit_id: str
    revision: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenUp:
    """Finished rows of a unit, by place in it, the objects they came from, and why other objects were ignored."""

    rows: Mapping[int, dict[str, Any]]
    names: tuple[str, ...]
    ignored: tuple[str, ...]


def keep(store: Store, unit: Unit, rows: Mapping[int, Row]) -> str:
    """Write finished rows of a unit, by place in it, as one object, and return its name.

    Raises `StorageFailed` where the store refuses, and `MemoryError`.
    """
    sink = pa.BufferOutputStream()
    about = {"version": VERSION, "unit": unit.id, "revision": unit.revision, "places": list(rows)}
    write_shard(sink, batches_of(rows.values()), tally(rows.values()), more={_KEY: json.dumps(about)})
    data = bytes(sink.getvalue())
    name = f"{_folder(unit)}/{len(rows)}-{hashlib.sha256(data).hexdigest()}.parquet"
    store.create(name, data)
    return name


def take_up(store: Store, unit: Unit) -> TakenUp:
    """Return what the spool holds of a unit. Raises `StorageFailed` where the store does not answer."""
    rows: dict[int, dict[str, Any]] = {}
    names, ignored = [], []
    for entry in store.entries(_folder(unit)):
        names.append(entry.name)
        try:
            for place, row in _read(store, entry.name, unit).items():
                rows.setdefault(place, row)
        except FileNotFoundError:
            ignored.append(f"{entry.name} is gone")
        except _Unusable as error:
            ignored.append(f"{entry.name} {error}")
    return TakenUp(rows=rows, names=tuple(names), ignored=tuple(ignored))


def spooled(folder: Folder) -> list[Spooled]:
    """Return all objects of a run's spool, in the order of their names, without reading any."""
    entries = open_store(folder).entries(FOLDER)
    return [
        Spooled(name=entry.name, unit_id=parts["unit"], revision=int(parts["revision"]), rows=int(parts["rows"]))
        for entry in entries
        if (parts := _NAME.fullmatch(entry.name))
    ]


def waiting(objects: Iterable[Spooled], committed: Mapping[str, int], unit_size: int) -> int:
    """Return how many finished questions wait in the spool for the rest of their unit.

    Args:
      objects: the spool, as `spooled` lists it.
      committed: newest committed revision, by unit id.
      unit_size: questions of a unit; what two workers kept of one is counted no further.
    """
    by_unit: dict[str, int] = {}
    for item in objects:
        if item.revision > committed.get(item.unit_id, -1):
            by_unit[item.unit_id] = min(unit_size, by_unit.get(item.unit_id, 0) + item.rows)
    return sum(by_unit.values())


class _Unusable(Exception):
    """Raised for an object that holds no rows of the unit that can be trusted."""


def _folder(unit: Unit) -> str:
    return f"{FOLDER}/{unit.id}.r{unit.revision:03}"


def _read(store: Store, name: str, unit: Unit) -> dict[int, dict[str, Any]]:
    """Return the rows of an object by place. Raises `_Unusable`, and `FileNotFoundError` when it was removed."""
    parts = _NAME.fullmatch(name)
    if parts is None:
        raise _Unusable("is not named like an object of the spool")
    data = store.read(name)
    if hashlib.sha256(data).hexdigest() != parts["hash"]:
        raise _Unusable("is damaged: its bytes have another hash than its name")
    try:
        with pq.ParquetFile(pa.BufferReader(data)) as file:
            about = json.loads((file.metadata.metadata or {}).get(_KEY.encode(), b"{}"))
            if about.get("version") != VERSION or not as_written(file.schema_arrow).equals(SCHEMA):
                raise _Unusable("is of another version of the factory")
            if (about.get("unit"), about.get("revision")) != (unit.id, unit.revision):
                raise _Unusable("is of another unit")
            rows = [row for batch in batches_in(file) for row in batch.to_pylist()]
        places = about["places"]
        ids = {place: question.id for place, question in enumerate(unit.questions)}
        if [ids.get(place) for place in places] != [row["question_id"] for row in rows]:
            raise _Unusable("holds other questions")
        return dict(zip(places, rows, strict=True))
    # Whoever can write here can name what he likes by its hash: that is no bug of this process.
    except (pa.ArrowException, AttributeError, KeyError, OSError, TypeError, ValueError) as error:
        raise _Unusable(f"cannot be read: {type(error).__name__}") from None
