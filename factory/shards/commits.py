"""Commits of shards: one unit of work is one Parquet object, created exclusively under its name.

* An object exists ⇔ its unit is committed. There is no other list of what is done.
* An object is there whole or not at all: it is built first (`creation.py`), then created in one step. Readers may list
  the folder at any moment.
* Of two creates of one name the second loses. Whoever writes a unit twice learns whether both wrote the same rows.
* A crash leaves at most what `leftovers.py` removes: superseded revisions, temporary files, unfinished uploads.

A unit that is done again (failed questions retried, samples added) is committed whole under the next *revision* of its
name, then the older object is deleted. The highest revision of a name wins, so a crash in between loses and doubles
nothing for readers of this module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow.parquet as pq

from factory.errors import BadInput, CommitFailed, StorageFailed
from factory.records.tally import Tally
from factory.shards.columns import check_columns
from factory.shards.creation import create_shard
from factory.shards.damage import CHECKSUMS, Unreadable, readable, undamaged
from factory.shards.shard_file import Batches, Footer, batches_in, footer_of
from factory.storage.ahead import in_order
from factory.storage.opening import Folder, open_store
from factory.storage.store import Entry, Store

DATA, PREFIX, SUFFIX = "data", "part-", ".parquet"
# A later revision's name sorts behind the older one's: a listing in order of name that misses the older one, because it
# was just deleted, still comes to the newer one.
_NAME = re.compile(rf"{DATA}/{PREFIX}(?P<unit>[^.]+)(?:\.r(?P<revision>\d{{3,}}))?{re.escape(SUFFIX)}")
_NAMED = 12  # inner runs that an error message names
_LATER = 16  # later revisions that are tried when a listed one is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Committed object `name`: `revision` of unit `unit_id`, `size` bytes long."""

    name: str
    unit_id: str
    revision: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Report on a finished unit, sent from the writer to the driver.

    * `name`, `n_bytes`, `revision`: the committed object.
    * `tally`: counts over all of its rows.
    * `created`: False when other rows had been committed already; those stay.
    * `content`: hash of the rows.
    * `effort`: least that was asked for of each question (`factory/question_pipeline/effort.py`).
    * `added`: the part of `tally` that is new since the unit's earlier revision. Its `questions` are those that were
      worked on; its `failed` include questions that could not be continued and keep their earlier row.
    * `trouble`: last reason why a question could not be continued.
    * `remarks`: what the worker had to say of the spool so far, a sentence of each kind.
    """

    unit_id: str
    name: str
    n_bytes: int
    tally: Tally
    created: bool
    revision: int = 0
    content: str = ""
    effort: Mapping[str, int] = field(default_factory=dict)
    added: Tally = field(default_factory=Tally)
    trouble: str = ""
    remarks: tuple[str, ...] = ()


def shard_name(unit_id: str, revision: int = 0) -> str:
    """Return a revision's object name: "data/part-<unit>.parquet", later ones "data/part-<unit>.r001.parquet"."""
    return f"{DATA}/{PREFIX}{unit_id}{f'.r{revision:03}' if revision else ''}{SUFFIX}"


def shard_of(entry: Entry) -> Shard | None:
    """Return the shard that an object of the folder is; None for any other object."""
    parts = _NAME.fullmatch(entry.name)
    if parts is None:
        return None
    return Shard(name=entry.name, unit_id=parts["unit"], revision=int(parts["revision"] or 0), size=entry.size)


def listed(folder: Folder) -> tuple[dict[str, Shard], list[Shard]]:
    """Return (the newest shard of every unit, by unit id and in the order of names; superseded shards)."""
    newest: dict[str, Shard] = {}
    older: list[Shard] = []
    for shard in filter(None, map(shard_of, open_store(folder).entries(DATA))):
        before = newest.get(shard.unit_id)
        if before is None or before.revision < shard.revision:
            newest[shard.unit_id] = shard
            shard = before or shard
        if before is not None:
            older.append(shard)
    return newest, older


def shards(folder: Folder) -> list[Shard]:
    """Return all committed shards of a run, in the order of their names, one per unit."""
    return list(listed(folder)[0].values())


def commit(
    folder: Folder,
    unit_id: str,
    batches: Batches,
    counted: Tally,
    *,
    revision: int = 0,
    effort: Mapping[str, int] | None = None,
) -> Receipt:
    """Commit the rows of a unit, and delete the revisions that they supersede.

    When the object exists already its rows win: they were committed first, and a reader may have seen them.

    Args:
      folder: run folder.
      unit_id: unit that was done.
      batches: its rows, of `factory.records.schema.SCHEMA`; several are taken one by one.
      counted: counts over the rows.
      revision: revision to write, 0 for the first.
      effort: least that was asked for of each question.

    Returns:
      Receipt of what lies there now; its `created` is False when that is other rows.

    Raises:
      CommitFailed: the store refuses, or does not answer within its patience.
      BadInput: what lies there is damaged.
    """
    store = open_store(folder)
    name = shard_name(unit_id, revision)
    # Create; if somebody was first, report what they wrote.
    try:
        created, size, footer = create_shard(store, name, batches, counted, effort)
        shard, ours = Shard(name=name, unit_id=unit_id, revision=revision, size=size), footer.content
        if not created:
            shard = replace(shard, size=store.size(name) or 0)
            with undamaged(store, name):
                footer = read_footer(store, shard)
        # Only now: a crash before this line leaves both, and the newer one wins.
        for older in range(revision):
            store.delete(shard_name(unit_id, older))
    except StorageFailed as error:
        raise CommitFailed(str(error)) from None
    return receipt_of(shard, footer, created=footer.content == ours)


def receipt_of(shard: Shard, footer: Footer, *, created: bool = False) -> Receipt:
    """Return the receipt of a shard as it lies there, with nothing `added`."""
    return Receipt(
        unit_id=shard.unit_id,
        name=shard.name,
        n_bytes=shard.size,
        tally=footer.tally,
        created=created,
        revision=shard.revision,
        content=footer.content,
        effort=footer.effort,
    )


def open_shard(store: Store, shard: Shard) -> pq.ParquetFile:
    """Open a shard for reading, each page with its checksum; use the file as a context manager.

    Args:
      store: store of the run folder.
      shard: shard to open, as it was listed.

    Raises:
      FileNotFoundError: the shard is gone; a newer revision may have superseded it (`open_newest`).
      Unreadable: its columns are not those of records.
      pyarrow.ArrowInvalid: the object is no Parquet file. `reading` turns it into `Unreadable`, too.
    """
    file = _opened(store, shard)
    try:
        check_columns(file)
    except Unreadable:
        file.close()
        raise
    return file


def _opened(store: Store, shard: Shard) -> pq.ParquetFile:
    """Open a shard as `open_shard` does, whatever its columns are."""
    return pq.ParquetFile(store.open(shard.name, shard.size or None), **CHECKSUMS)


def later_revision(store: Store, shard: Shard) -> Shard | None:
    """Return the revision that has superseded a shard which was listed and is gone; None when there is none."""
    for revision in range(shard.revision + 1, shard.revision + 1 + _LATER):
        name = shard_name(shard.unit_id, revision)
        size = store.size(name)
        if size is not None:
            return Shard(name=name, unit_id=shard.unit_id, revision=revision, size=size)
    return None


def open_newest(
    store: Store, shard: Shard, opening: Callable[[Store, Shard], pq.ParquetFile] = open_shard
) -> pq.ParquetFile:
    """Open a shard as `open_shard` does, or the revision that has superseded it since it was listed."""
    while True:
        try:
            return opening(store, shard)
        except FileNotFoundError:
            later = later_revision(store, shard)
            if later is None:
                raise
            shard = later


def read_footer(store: Store, shard: Shard) -> Footer:
    """Return a shard's footer, without reading its rows."""
    with open_newest(store, shard, _opened) as file:
        return footer_of(file)


def read_footers(folder: Folder, wanted: Iterable[Shard]) -> Iterator[tuple[Shard, Footer]]:
    """Yield the footers of many shards, in order, with several calls in flight.

    Raises `BadInput` for a damaged shard, and `FileNotFoundError` for one that is gone.
    """
    store = open_store(folder)

    def read(shard: Shard) -> tuple[Shard, Footer]:
        with undamaged(store, shard.name):
            return shard, read_footer(store, shard)

    yield from in_order(read, wanted, store.width)


def records_of(folder: Folder, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """Return the rows of a run, as `read_rows` does. Raises `BadInput` at once when it has none."""
    store = open_store(folder)
    if not shards(store):
        raise no_records(store)
    return read_rows(store, columns)


def runs_within(store: Store) -> list[str]:
    """Return the folders inside this one that hold records of their own, such as rounds of training."""
    inner = f"/{DATA}/{PREFIX}"
    return sorted({entry.name.partition(inner)[0] for entry in store.entries() if inner in entry.name})


def no_records(store: Store) -> BadInput:
    """Return the error for a folder without records; it names the runs inside the folder where there are any."""
    within = runs_within(store)
    if within:
        return BadInput(
            f"{store.url} holds no records itself, but runs that do: {', '.join(within[:_NAMED])}"
            f"{', …' * (len(within) > _NAMED)}. Name one of them: {store.url}/{within[0]}"
        )
    return BadInput(
        f"{store.url} holds no committed records. Expected a folder made by `factory run` or `factory import`, "
        f"with {DATA}/{PREFIX}*{SUFFIX}."
    )


def read_rows(folder: Folder, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield all rows of a run, shard after shard, with memory bounded by a few row groups.

    `columns`: names as `pyarrow` takes them; None for all. Raises `BadInput` for a shard that is damaged or gone.
    """
    store = open_store(folder)

    def opened(shard: Shard) -> tuple[str, pq.ParquetFile]:
        with readable(store, shard.name):
            return shard.name, open_newest(store, shard)

    for name, opening in in_order(opened, shards(store), min(store.width, 4)):
        with opening as file:
            batches = (batch.to_pylist() for batch in batches_in(file, columns=columns))
            while True:
                with readable(store, name):
                    rows = next(batches, None)
                if rows is None:
                    break
                yield from rows
