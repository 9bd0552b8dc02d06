"""Reading of objects for the index: some of their columns, a few dozen objects at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from factory.browsing.facts import COLUMNS, facts_of
from factory.browsing.parts import ObjectRows, Part, of_objects, together
from factory.records.record_columns import leaves
from factory.shards.commits import open_shard
from factory.shards.damage import Unreadable, reading
from factory.storage.store import Store
from tools.viewer.objects import Listed, shard_in

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
    whole: list[_Whole] = []
    for one in objects:
        try:
            with reading(), open_shard(store, replace(shard_in(one.name), name=one.name, size=one.size)) as file:
                groups = list(_groups(file))
        except FileNotFoundError:
            continue
        except Unreadable as error:
            result.unreadable[one.name] = str(error)
            continue
        rows = ObjectRows(name=one.name, mark=one.mark, rows=sum(group.num_rows for group in groups))
        whole.append((rows, groups))
    try:
        result.part = _part_of(whole)
    except Unreadable:
        # A column of one of them holds something else than a record's: each by itself tells which.
        parts: list[Part] = []
        for rows, groups in whole:
            try:
                parts += filter(None, [_part_of([(rows, groups)])])
            except Unreadable as error:
                result.unreadable[rows.name] = str(error)
        result.part = together(parts) if parts else None
    return result


_Whole = tuple[ObjectRows, list[pa.Table]]
"""Object with the columns of its row groups."""


def _part_of(objects: Sequence[_Whole]) -> Part | None:
    """Return the part that objects make, None for none. Raises `Unreadable` where one holds no facts of records."""
    tables: list[tuple[pa.Table, list[ObjectRows]]] = []
    for rows, groups in objects:
        # Facts of many small objects are made at once; objects of another schema are put beside them.
        if tables and len(groups) == 1 and tables[-1][0].schema.equals(groups[0].schema):
            tables[-1] = (pa.concat_tables([tables[-1][0], groups[0]]), [*tables[-1][1], rows])
        else:
            tables += [(group, [rows] if last else []) for group, last in _with_last(groups)]
    if not tables:
        return None
    with reading():
        facts = [facts_of(table) for table, _ in tables]
        part = of_objects(
            [rows for _, held in tables for rows in held], [pair[0] for pair in facts], [pair[1] for pair in facts]
        )
        # Also of texts that are no UTF-8, which Arrow takes as they are.
        part.questions.validate(full=True)
    return part


def _groups(file: Any) -> Iterator[pa.Table]:
    """Yield the columns of each row group of an object."""
    wanted = leaves(file, COLUMNS)
    for group in range(file.num_row_groups):
        yield file.read_row_group(group, columns=wanted, use_threads=False).replace_schema_metadata(None)


def _with_last(items: Sequence[pa.Table]) -> Iterator[tuple[pa.Table, bool]]:
    return ((item, place == len(items) - 1) for place, item in enumerate(items))
