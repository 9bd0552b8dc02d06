"""Reading of objects for the index: some of their columns, a few dozen objects at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from factory.browsing.facts import COLUMNS, facts_of
from factory.browsing.parts import ObjectRows, Part, of_objects
from factory.records.record_columns import leaves
from factory.shards.damage import CHECKSUMS, Unreadable, reading
from factory.storage.store import Store
from tools.viewer.objects import Listed

# One call reads so many objects, or so many bytes of them, whichever comes first.
OBJECTS, BYTES = 48, 24 * 2**20


@dataclass(slots=True)
class Read:
    """Objects that were read: their facts, None where there are none; and those that cannot be read, with why."""

    part: Part | None = None
    unreadable: dict[str, str] = field(default_factory=dict)


def chunks(objects: Iterable[Listed]) -> Iterator[list[Listed]]:
    """Yield objects in groups that are worth a call; the first ones are small, so that something is there at once."""
    chunk: list[Listed] = []
    n_bytes, most = 0, 1
    for one in objects:
        chunk.append(one)
        n_bytes += one.size
        if len(chunk) >= most or n_bytes >= BYTES:
            yield chunk
            chunk, n_bytes, most = [], 0, min(2 * most, OBJECTS)
    if chunk:
        yield chunk


def read(store: Store, objects: Sequence[Listed]) -> Read:
    """Return the facts of some objects. One that was deleted meanwhile is left out: the next listing lacks it, too."""
    result = Read()
    tables: list[tuple[pa.Table, list[ObjectRows]]] = []
    for one in objects:
        try:
            with reading(), pq.ParquetFile(store.open(one.name, one.size or None), **CHECKSUMS) as file:
                groups = list(_groups(file))
        except FileNotFoundError:
            continue
        except Unreadable as error:
            result.unreadable[one.name] = str(error)
            continue
        rows = ObjectRows(name=one.name, mark=one.mark, rows=sum(group.num_rows for group in groups))
        # Facts of many small objects are made at once; objects of another schema are put beside them.
        if tables and len(groups) == 1 and tables[-1][0].schema.equals(groups[0].schema):
            tables[-1] = (pa.concat_tables([tables[-1][0], groups[0]]), [*tables[-1][1], rows])
        else:
            tables += [(group, [rows] if last else []) for group, last in _with_last(groups)]
    facts = [facts_of(table) for table, _ in tables]
    if facts:
        objects_read = [rows for _, held in tables for rows in held]
        result.part = of_objects(objects_read, [pair[0] for pair in facts], [pair[1] for pair in facts])
    return result


def _groups(file: Any) -> Iterator[pa.Table]:
    """Yield the columns of each row group of an object."""
    wanted = leaves(file, COLUMNS)
    for group in range(file.num_row_groups):
        yield file.read_row_group(group, columns=wanted, use_threads=False).replace_schema_metadata(None)


def _with_last(items: Sequence[pa.Table]) -> Iterator[tuple[pa.Table, bool]]:
    return ((item, place == len(items) - 1) for place, item in enumerate(items))
