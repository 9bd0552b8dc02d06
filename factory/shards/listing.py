"""Committed units of a run in 20 bytes each, where an object of Python takes 300.

A folder of ten million questions holds up to half a million objects. Which units are done, and as which revision, is
all that a driver has to know of them; names follow from it.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from factory.shards.commits import DATA, PREFIX, Shard, shard_name, shard_of
from factory.storage.ahead import in_order
from factory.storage.opening import Folder, open_store
from factory.storage.store import Entry

_ID = re.compile(r"[0-9a-f]{16}")
# Where a listing is cut into parts that are asked for at a time: by the first digit of the unit's id.
_CUTS = ["", *(f"{DATA}/{PREFIX}{digit}" for digit in "123456789abcdef"), ""]


@dataclass(slots=True)
class _Part:
    """Part of a listing, in aligned columns; `others` are units with ids of another form, as those of a merge."""

    ids: array[int] = field(default_factory=lambda: array("Q"))
    revisions: array[int] = field(default_factory=lambda: array("I"))
    sizes: array[int] = field(default_factory=lambda: array("Q"))
    others: list[Shard] = field(default_factory=list)

    def add(self, shard: Shard) -> None:
        """Add a shard."""
        if not _ID.fullmatch(shard.unit_id):
            self.others.append(shard)
            return
        self.ids.append(int(shard.unit_id, 16))
        self.revisions.append(shard.revision)
        self.sizes.append(shard.size)


class Committed(Mapping[str, Shard]):
    """Newest shard of every unit by the unit's id, in the order of the ids. Values are made when they are asked for.

    Attributes:
      ids: ids of the units as numbers, sorted; those of another form than 16 hex digits stand behind, as `others`.
      revisions: newest revision of each of `ids`.
      sizes: size in bytes of its object.
      others: the shards of all other units.
      superseded: names of older revisions that are still there.
    """

    def __init__(self, parts: Iterable[_Part] = ()) -> None:
        columns = [(_numbers(part.ids), _numbers(part.revisions), _numbers(part.sizes), part.others) for part in parts]
        ids = np.concatenate([part[0] for part in columns] or [np.empty(0, np.uint64)])
        revisions = np.concatenate([part[1] for part in columns] or [np.empty(0, np.uint32)])
        sizes = np.concatenate([part[2] for part in columns] or [np.empty(0, np.uint64)])
        others = [shard for part in columns for shard in part[3]]
        del columns
        # Of several revisions of a unit the last one in this order is the newest.
        order = np.lexsort((revisions, ids))
        ids, revisions, sizes = ids[order], revisions[order], sizes[order]
        newest = np.ones(len(ids), dtype=bool)
        newest[:-1] = ids[:-1] != ids[1:]
        older = zip(ids[~newest].tolist(), revisions[~newest].tolist(), strict=True)
        self.superseded = [shard_name(_text(number), revision) for number, revision in older]
        self.ids, self.revisions, self.sizes = ids[newest], revisions[newest], sizes[newest]
        by_unit: dict[str, Shard] = {}
        for shard in sorted(others, key=lambda one: one.revision):
            if shard.unit_id in by_unit:
                self.superseded.append(by_unit[shard.unit_id].name)
            by_unit[shard.unit_id] = shard
        self.others = [by_unit[unit_id] for unit_id in sorted(by_unit)]
        self._behind = {shard.unit_id: len(self.ids) + place for place, shard in enumerate(self.others)}

    def __len__(self) -> int:
        return len(self.ids) + len(self.others)

    def __iter__(self) -> Iterator[str]:
        yield from map(_text, self.ids.tolist())
        yield from self._behind

    def __getitem__(self, unit_id: str) -> Shard:
        [place] = self.places([unit_id])
        if place < 0:
            raise KeyError(unit_id)
        return self.at(int(place))

    def at(self, place: int) -> Shard:
        """Return the shard at a place of the order, from 0."""
        if place >= len(self.ids):
            return self.others[place - len(self.ids)]
        unit_id, revision = _text(int(self.ids[place])), int(self.revisions[place])
        name = shard_name(unit_id, revision)
        return Shard(name=name, unit_id=unit_id, revision=revision, size=int(self.sizes[place]))

    def places(self, unit_ids: Sequence[str]) -> NDArray[np.int64]:
        """Return the place of each unit in the order; -1 for one that is not committed."""
        numbers = [int(unit_id, 16) if _ID.fullmatch(unit_id) else None for unit_id in unit_ids]
        places = places_in(self.ids, np.array([number or 0 for number in numbers], dtype=np.uint64))
        for position, number in enumerate(numbers):
            if number is None:
                places[position] = self._behind.get(unit_ids[position], -1)
        return places


def places_in(ordered: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return where each of `wanted` stands in a sorted array; -1 for what is not there."""
    if not len(ordered):
        return np.full(len(wanted), -1, dtype=np.int64)
    places = np.searchsorted(ordered, wanted).astype(np.int64)
    places[places == len(ordered)] -= 1
    places[ordered[places] != wanted] = -1
    return places


def committed_in(folder: Folder) -> Committed:
    """Return what is committed in a run folder.

    A store that answers many calls at a time is asked for sixteen parts of the listing at once.
    """
    store = open_store(folder)
    if store.width == 1:
        return Committed([_part(store.entries(DATA))])
    borders = list(pairwise(_CUTS))
    return Committed(
        in_order(lambda border: _part(store.entries(DATA, after=border[0], until=border[1])), borders, store.width)
    )


def committed_of(shards: Iterable[Shard]) -> Committed:
    """Return what these shards commit."""
    part = _Part()
    for shard in shards:
        part.add(shard)
    return Committed([part])


def _part(entries: Iterable[Entry]) -> _Part:
    """Return the shards among the objects of a folder."""
    part = _Part()
    for entry in entries:
        shard = shard_of(entry)
        if shard is not None:
            part.add(shard)
    return part


def _numbers(column: array[int]) -> NDArray[np.generic]:
    """Return a column as an array."""
    return np.frombuffer(column, dtype=np.dtype(column.typecode)) if column else np.empty(0, column.typecode)


def _text(number: int) -> str:
    """Return the id of a unit as text."""
    return f"{number:016x}"
