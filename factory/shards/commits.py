"""Shards: one unit = one Parquet object = one exclusive create. That the object exists *is* the commit.

A shard is built in memory and created whole under its name; a name that is taken loses. So readers may glob the folder
at any moment, a crash leaves at most what `Store.sweep` removes, and whoever writes a unit twice learns whether both
wrote the same rows.

A unit that is done again (failed questions retried, samples added) is committed whole under the next *revision* of its
name, then the older object is deleted. By name alone the highest revision wins, so a crash in between loses and
doubles nothing for readers of this module; what is superseded goes with the next `sweep`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from factory.errors import BadInput, CommitFailed, StorageFailed
from factory.records.tally import Tally
from factory.shards.shard_file import Footer, encode, footer_for, footer_of
from factory.storage.ahead import in_order
from factory.storage.opening import Folder, open_store
from factory.storage.store import Store

DATA, PREFIX, SUFFIX = "data", "part-", ".parquet"
# A later revision's name comes behind the older one's: a listing in order of name that misses the one, as it was just
# deleted, sees the other.
_NAME = re.compile(rf"{DATA}/{PREFIX}(?P<unit>[^.]+)(?:\.r(?P<revision>\d{{3,}}))?{re.escape(SUFFIX)}")
_NAMED = 12  # runs within a folder
_LATER = 16  # revisions looked for behind one that is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """A committed object: `revision` of unit `unit_id`, `size` bytes long."""

    name: str
    unit_id: str
    revision: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the driver learns of a finished unit. `created` is False when other rows were there already: they stay.

    `content` hashes the rows, `effort` is what was asked for (`factory/question_pipeline/effort.py`), at least, of each
    of its questions. `added` is what of `tally` is new, where the unit had an earlier revision; of its questions those
    that were worked on, and of these failed those, too, that could not be gone on with. `trouble`: the last reason for
    that.
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


def shard_name(unit_id: str, revision: int = 0) -> str:
    return f"{DATA}/{PREFIX}{unit_id}{f'.r{revision:03}' if revision else ''}{SUFFIX}"


def listed(folder: Folder) -> tuple[dict[str, Shard], list[Shard]]:
    """(the newest shard of every unit, by unit and in the order of names; those that a newer one supersedes)."""
    newest: dict[str, Shard] = {}
    older: list[Shard] = []
    for entry in open_store(folder).entries(DATA):
        found = _NAME.fullmatch(entry.name)
        if found is None:
            continue
        revision = int(found["revision"] or 0)
        shard = Shard(name=entry.name, unit_id=found["unit"], revision=revision, size=entry.size)
        before = newest.get(shard.unit_id)
        if before is None or before.revision < revision:
            newest[shard.unit_id] = shard
            shard = before or shard
        if before is not None:
            older.append(shard)
    return newest, older


def shards(folder: Folder) -> list[Shard]:
    """All committed shards of a run, in a stable order, each unit once."""
    return list(listed(folder)[0].values())


def commit(
    folder: Folder,
    unit_id: str,
    batch: pa.RecordBatch,
    counted: Tally,
    *,
    revision: int = 0,
    effort: Mapping[str, int] | None = None,
) -> Receipt:
    """Write `batch` as `revision` of `unit_id`, exclusively, and remove the revision it supersedes.

    When the object exists already its rows win: they were committed first, and a reader may have seen them. Raises
    `CommitFailed` when the store refuses.
    """
    store = open_store(folder)
    name = shard_name(unit_id, revision)
    footer = footer_for(batch, counted, effort)
    data = encode(batch, footer)
    shard, ours = Shard(name=name, unit_id=unit_id, revision=revision, size=len(data)), footer.content
    try:
        if not store.create(name, data):
            shard = replace(shard, size=store.size(name) or 0)
            footer = read_footer(store, shard)
        for older in range(revision):
            store.delete(shard_name(unit_id, older))
    except StorageFailed as error:
        raise CommitFailed(str(error)) from None
    return receipt_of(shard, footer, created=footer.content == ours)


def receipt_of(shard: Shard, footer: Footer, *, created: bool = False) -> Receipt:
    """A receipt for what lies there; nothing was added by whoever asks."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """What killed writers left: revisions that are superseded, temporary files and unfinished uploads."""

    superseded: tuple[str, ...]
    orphans: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.superseded) + len(self.orphans)


def leftovers(folder: Folder) -> Leftovers:
    store = open_store(folder)
    return Leftovers(
        superseded=tuple(shard.name for shard in listed(store)[1]),
        orphans=tuple(store.orphans()),
    )


def sweep(folder: Folder, left: Leftovers) -> int:
    """Remove `left` and say how much that was. It has to be what was left when nobody wrote to the folder: what lies
    there in between may be somebody's work."""
    store = open_store(folder)
    for name in left.superseded:
        store.delete(name)
    return len(left.superseded) + store.sweep(left.orphans)


def open_shard(store: Store, shard: Shard, **options: Any) -> pq.ParquetFile:
    """A shard to read from; use it as a context manager. Raises `pyarrow.ArrowInvalid` for what is no Parquet."""
    return pq.ParquetFile(store.open(shard.name, shard.size or None), **options)


def later_revision(store: Store, shard: Shard) -> Shard | None:
    """The revision that has superseded a shard which was listed and is gone."""
    for revision in range(shard.revision + 1, shard.revision + 1 + _LATER):
        name = shard_name(shard.unit_id, revision)
        size = store.size(name)
        if size is not None:
            return Shard(name=name, unit_id=shard.unit_id, revision=revision, size=size)
    return None


def open_newest(store: Store, shard: Shard) -> pq.ParquetFile:
    """`open_shard`, or of the revision that has superseded it meanwhile."""
    while True:
        try:
            return open_shard(store, shard)
        except FileNotFoundError:
            later = later_revision(store, shard)
            if later is None:
                raise
            shard = later


def read_footer(store: Store, shard: Shard) -> Footer:
    """What the shard's footer holds; its rows are not read."""
    with open_newest(store, shard) as file:
        return footer_of(file)


def read_footers(folder: Folder, wanted: list[Shard]) -> Iterator[tuple[Shard, Footer]]:
    """The footers of many shards, in order, several calls in flight."""
    store = open_store(folder)
    yield from in_order(lambda shard: (shard, read_footer(store, shard)), wanted, store.width)


def records_of(folder: Folder, columns: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """`read_rows`, but raises `BadInput` at once where there are none."""
    store = open_store(folder)
    if not shards(store):
        raise no_records(store)
    return read_rows(store, columns)


def runs_within(store: Store) -> list[str]:
    """The folders in this one that hold records of their own."""
    inner = f"/{DATA}/{PREFIX}"
    return sorted({entry.name.partition(inner)[0] for entry in store.entries() if inner in entry.name})


def no_records(store: Store) -> BadInput:
    """What to say of a folder that holds none: of one that holds whole runs, such as rounds of training, which."""
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
    """All rows of a run, shard after shard; memory is bounded by a few row groups."""
    store = open_store(folder)
    wanted = shards(store)

    for opening in in_order(lambda shard: open_newest(store, shard), wanted, min(store.width, 4)):
        with opening as file:
            for batch in file.iter_batches(batch_size=64, columns=columns):
                yield from batch.to_pylist()
