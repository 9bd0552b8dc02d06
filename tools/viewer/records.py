"""Records of a run, one at a time: by their place in the index, or by the id of their question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from factory.browsing.parts import Part, folder_of
from factory.errors import BadInput
from factory.records.shard_schema import completed
from factory.shards.commits import later_revision
from factory.storage.access import Access
from factory.storage.opening import open_store
from factory.storage.store import Store
from tools.viewer.objects import shard_in

_ROWS = 16  # rows that are decoded at a time
_COPIES = 1_000  # records of one question, or beginning of an id, that are told apart


class Missing(BadInput):
    """Record that is not there, or not any more: one sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Place of a record.

    Attributes:
      at: its number in the index, which stays the same as long as the viewer runs.
      question_id: id of its question.
      folder: run within the folder that it belongs to; "" for the folder's own.
      name: object that it lay in when the index was made.
      copy: its number among the records of the same question, from 0.
      copies: how many of them there are.
    """

    at: int
    question_id: str
    folder: str
    name: str
    copy: int
    copies: int


def place_at(parts: tuple[Part, ...], at: int) -> Place:
    """Return the place of the record with a number. Raises `Missing` where there is none."""
    before = 0
    for part in parts:
        if 0 <= at - before < len(part):
            row = at - before
            question_id = str(part.questions["question_id"][row].as_py())
            if part.gone is not None and part.gone[row]:
                # Its object may have been superseded: the question is in a newer one.
                return place_of(parts, question_id)
            return _place(parts, _all_of(parts, question_id), at, question_id)
        before += len(part)
    raise Missing(f"there is no record {at:,}. Expected a number below {before:,}.")


def place_of(parts: tuple[Part, ...], question_id: str, folder: str | None = None, copy: int = 0) -> Place:
    """Return the place of a question's record.

    Args:
      parts: the index.
      question_id: id of the question, or its beginning where that is the beginning of one only.
      folder: run within the folder; None for any.
      copy: which of several records of the question, from 0.

    Raises:
      Missing: there is no such question, or several begin so.
    """
    places = _all_of(parts, question_id) or _all_of(parts, question_id, begins=True)
    ids = {place.question_id for place in places}
    if not places:
        raise Missing(f"no question {question_id!r} is among the records that have been read.")
    if len(ids) > 1:
        raise Missing(f"{question_id!r} begins the ids of {len(ids):,} questions. Give more of the id.")
    there = [place for place in places if folder is None or place.folder == folder] or places
    return there[min(copy, len(there) - 1)]


def _place(parts: tuple[Part, ...], places: list[Place], at: int, question_id: str) -> Place:
    for place in places:
        if place.at == at:
            return place
    raise Missing(f"the record of question {question_id!r} was deleted since it was listed.")


def _all_of(parts: tuple[Part, ...], question_id: str, *, begins: bool = False) -> list[Place]:
    """Return the places of all records of a question, in order."""
    rows: list[tuple[int, str, str]] = []
    before = 0
    for part in parts:
        for row in part.rows_with(question_id, begins=begins).tolist() if question_id else ():
            if part.gone is None or not part.gone[row]:
                own = str(part.questions["question_id"][row].as_py())
                rows.append((before + row, own, part.place_of(row)[0]))
            # Nobody looks through so many: the id has to be given with more of its characters.
            if len(rows) > _COPIES:
                break
        before += len(part)
    return [
        Place(at=at, question_id=own, folder=folder_of(name), name=name, copy=copy, copies=len(rows))
        for copy, (at, own, name) in enumerate(rows)
    ]


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
            with self._opened(place) as file:
                row = _row_of(file, place)
                return completed(row)
        except FileNotFoundError:
            raise Missing(
                f"{place.name} was deleted since it was listed, and with it question {place.question_id}."
            ) from None
        except (pa.ArrowInvalid, OSError, UnicodeDecodeError) as error:
            why = " ".join(str(error).split())[:200]
            raise Missing(
                f"{place.name} cannot be read: {why}. `factory validate` says what else is damaged."
            ) from None

    def _opened(self, place: Place) -> pq.ParquetFile:
        """Open the object of a record, or the revision that has superseded it."""
        store, shard = self._store(place.folder), shard_in(place.name)
        while True:
            try:
                return pq.ParquetFile(store.open(shard.name))
            except FileNotFoundError:
                later = later_revision(store, shard)
                if later is None:
                    raise
                shard = later

    def _store(self, folder: str) -> Store:
        if folder not in self._stores:
            self._stores[folder] = open_store(f"{self._url.rstrip('/')}/{folder}", self._access)
        return self._stores[folder]


def _row_of(file: Any, place: Place) -> dict[str, Any]:
    """Return the row of a question; of several of one question in an object, the one with its number."""
    for group in range(file.num_row_groups):
        ids = file.read_row_group(group, columns=["question_id"], use_threads=False)["question_id"].to_pylist()
        rows = [row for row, one in enumerate(ids) if one == place.question_id]
        if rows:
            wanted = rows[min(place.copy, len(rows) - 1)]
            start = 0
            for batch in file.iter_batches(batch_size=_ROWS, row_groups=[group], use_threads=False):
                if wanted < start + batch.num_rows:
                    [row] = batch.slice(wanted - start, 1).to_pylist()
                    return dict(row)
                start += batch.num_rows
    raise Missing(f"{place.name} was replaced, and holds question {place.question_id} no more.")
