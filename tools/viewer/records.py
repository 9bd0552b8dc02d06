"""Records of a run, one at a time: by their place in the index, or by the id of their question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from factory.browsing.parts import Part, folder_of
from factory.browsing.places import Place, places_of
from factory.errors import BadInput
from factory.records.shard_schema import completed
from factory.shards.commits import open_newest
from factory.shards.damage import Unreadable, reading
from factory.storage.access import Access
from factory.storage.opening import open_store
from factory.storage.store import Store
from tools.viewer.objects import shard_in

_ROWS = 16  # rows that are decoded at a time
_BEGUN = 1_000  # records whose id begins so that are told apart


class Missing(BadInput):
    """Record that is not there, or not any more: one sentence."""


def place_at(parts: tuple[Part, ...], at: int) -> Place:
    """Return the place of the record with a number.

    Where its object was superseded, that is the place of the record in the later one, once it is read; until then it is
    the old place, from which `Records` goes on to later revisions.

    Raises:
      Missing: there is no such number, or all around it is gone.
    """
    for part in parts:
        row = at - part.first
        if 0 <= row < len(part):
            break
    else:
        raise Missing(f"there is no record {at:,}, or not any more. Look for it in the list again.")
    [question_id], (name, in_object) = part.question_ids(np.array([row])), part.place_of(row)
    before = part.rows_with([question_id])
    number = int(((before >= row - in_object) & (before < row)).sum())
    unit, folder = shard_in(name).unit_id, folder_of(name)
    for place in places_of(parts, [question_id]):
        if (place.folder, place.in_object) == (folder, number) and shard_in(place.name).unit_id == unit:
            return place
    return Place(at=at, question_id=question_id, folder=folder, name=name, in_object=number, copy=number)


def place_of(parts: tuple[Part, ...], question_id: str, folder: str | None = None, copy: int = 0) -> Place:
    """Return the place of a question's record.

    Args:
      parts: the index.
      question_id: id of the question, or its beginning where that is the beginning of one only.
      folder: run within the folder; None for any.
      copy: which of the records of the question there, from 0.

    Raises:
      Missing: there is no such question or no such record of it, or several begin so.
    """
    places = places_of(parts, [question_id]) if question_id else []
    if question_id and not places:
        places = places_of(parts, [question_id], begins=True, most=_BEGUN)
    ids = {place.question_id for place in places}
    if not places:
        raise Missing(f"no question {question_id!r} is among the records that have been read.")
    if len(ids) > 1:
        raise Missing(f"{question_id!r} begins the ids of {len(ids):,} questions. Give more of the id.")
    there = [place for place in places if folder is None or place.folder == folder]
    if copy < len(there):
        return there[copy]
    where = "" if folder is None else f" in {folder or 'the folder itself'}"
    raise Missing(
        f"record {copy + 1:,} of question {question_id!r}{where} is not among those that have been read: there are "
        f"{len(there):,}."
    )


class Records:
    """Reader of single records of a run. `url` and `access` say where it lies; `store` is its folder, opened."""

    def __init__(self, url: str, access: Access, store: Store) -> None:
        self._url, self._access = url, access
        self._stores = {"": store}

    def read(self, place: Place) -> Mapping[str, Any]:
        """Return a record with all of its columns.

        Raises:
          Missing: its object was deleted, or holds another question now, or cannot be read.
        """
        try:
            # The object, or the revision that has superseded it.
            store, shard = self.store(place.folder), shard_in(place.name)
            with reading(), open_newest(store, shard) as file:
                return completed(_row_of(file, place))
        except FileNotFoundError:
            raise Missing(
                f"{place.name} was deleted since it was listed, and with it question {place.question_id}."
            ) from None
        except Unreadable as error:
            raise Missing(
                f"{place.name} cannot be read ({error}). `factory validate` says what else is damaged."
            ) from None

    def store(self, folder: str) -> Store:
        """Return a run within the folder, opened; "" is the folder itself."""
        if folder not in self._stores:
            self._stores[folder] = open_store(f"{self._url.rstrip('/')}/{folder}", self._access)
        return self._stores[folder]


def _row_of(file: Any, place: Place) -> dict[str, Any]:
    """Return the row of a question; of several of one question in an object, the one with its number."""
    before = 0
    for group in range(file.num_row_groups):
        ids = file.read_row_group(group, columns=["question_id"], use_threads=False)["question_id"].to_pylist()
        rows = [row for row, one in enumerate(ids) if one == place.question_id]
        if place.in_object >= before + len(rows):
            before += len(rows)
            continue
        wanted, start = rows[place.in_object - before], 0
        for batch in file.iter_batches(batch_size=_ROWS, row_groups=[group], use_threads=False):
            if wanted < start + batch.num_rows:
                [row] = batch.slice(wanted - start, 1).to_pylist()
                return dict(row)
            start += batch.num_rows
    raise Missing(f"{place.name} was replaced, and holds this record of question {place.question_id} no more.")
