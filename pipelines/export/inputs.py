"""Input of an export: the shards of its runs, cut into tasks of some row groups each.

All of it is listed and pinned, by name and content hash, before a row is exported. A run that goes on meanwhile is
exported as it was; where it supersedes a shard that was listed, the export is refused and can be repeated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow.parquet as pq

from factory.records.record_columns import leaves, part_of, rows_of
from factory.records.schema import SCHEMA
from factory.records.shard_schema import completed
from factory.records.tally import Tally
from factory.shards.commits import Shard, no_records, open_shard, runs_within, shards
from factory.shards.damage import readable
from factory.shards.shard_file import batches_in, footer_of
from factory.storage.access import Access
from factory.storage.ahead import in_order
from factory.storage.opening import open_store
from factory.storage.store import Store

# Shards whose footers and questions one call reads.
CHUNK = 64
# Bytes of row groups that one task reads, uncompressed.
TASK_BYTES = 64 * 2**20
BATCH_BYTES, BATCH_ROWS = 4 * 2**20, 256
AHEAD = 4
# Runs of a folder of several rounds that are exported, and folders of such; the others ask held-out questions.
TRAINING_RUNS = ("sample", "rationalise")
TRAINING_FOLDERS = ("search", "provers")
FACTS = ("source", "licence", "answer_kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRun:
    """Folder of records, and the access to its store."""

    url: str
    access: Access


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Shard that goes into an export, with what the first pass needs of it.

    * `content`: hash of its rows. `tally`: counts by its footer.
    * `groups`: (rows, bytes uncompressed) of its row groups.
    * `ids`, `texts`: of its questions, by row.
    * `facts`: how often each (source, licence, answer kind) occurs.
    * `run_id`: of the run, None in an import.
    """

    shard: Shard
    content: str
    tally: Tally
    groups: tuple[tuple[int, int], ...]
    ids: list[str]
    texts: list[str]
    facts: Counter[tuple[str | None, ...]]
    run_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some row groups of a shard. `start` is the place of its first row in all of the input."""

    shard: Shard
    groups: tuple[int, ...]
    start: int
    rows: int
    n_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportTask:
    """Input of one call: pieces of one run. `number` is its place among the tasks."""

    number: int
    run: SourceRun
    pieces: tuple[Piece, ...]

    @property
    def places(self) -> range:
        """Places of its records in all of the input."""
        first, last = self.pieces[0], self.pieces[-1]
        return range(first.start, last.start + last.rows)


def runs_of(folder: str, access: Access) -> list[SourceRun]:
    """Return the runs that a folder stands for.

    That is the folder itself; or, in a folder of training rounds, the runs that the training data come from, never
    those on held-out questions. Raises `BadInput` where there is none.
    """
    store = open_store(folder, access)
    if shards(store):
        return [SourceRun(url=folder, access=access)]
    # A folder of several rounds holds one run per round and purpose, or several in a folder of it.
    inner = [name for name in runs_within(store) if _is_trained_on(name)]
    if not inner:
        raise no_records(store)
    return [SourceRun(url=f"{folder.rstrip('/')}/{name}", access=access) for name in inner]


def _is_trained_on(name: str) -> bool:
    """Return whether a run within a folder of several rounds is one that training data come from."""
    *_, folder, run = ["", *name.split("/")]
    return run in TRAINING_RUNS or folder in TRAINING_FOLDERS


def chunks_of(run: SourceRun) -> list[tuple[SourceRun, list[Shard]]]:
    """Return the shards of a run in order, as arguments of `listed`."""
    stream = iter(shards(open_store(run.url, run.access)))
    return [(run, chunk) for chunk in iter(lambda: list(islice(stream, CHUNK)), [])]


def listed(chunk: tuple[SourceRun, list[Shard]]) -> list[Listed]:
    """Return some shards with what the first pass needs of them. Raises `BadInput` for one that is damaged or gone."""
    run, wanted = chunk
    store = open_store(run.url, run.access)
    listings = []
    for shard, file in _opened(store, wanted):
        with readable(store, shard.name):
            listings.append(_listed(shard, file))
    return listings


def _listed(shard: Shard, file: pq.ParquetFile) -> Listed:
    """Read a shard's footer, and the ids, texts and facts of its questions."""
    footer, metadata = footer_of(file), file.metadata
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    columns = ["question_id", "question", "run_id", *FACTS]
    table = file.read(columns=leaves(file, columns))
    values: dict[str, list[Any]] = {
        name: table[name].to_pylist() if name in table.column_names else [None] * len(table) for name in columns
    }
    return Listed(
        shard=shard,
        content=footer.content,
        tally=footer.tally,
        groups=tuple((group.num_rows, group.total_byte_size) for group in groups),
        ids=values["question_id"],
        texts=values["question"],
        facts=Counter(zip(*(values[name] for name in FACTS), strict=True)),
        run_id=next(filter(None, values["run_id"]), None),
    )


def tasks_of(shards: Iterable[tuple[SourceRun, Shard, Sequence[tuple[int, int]]]]) -> list[ExportTask]:
    """Return tasks of about `TASK_BYTES` each over all shards with their row groups, in order.

    `shards` gives each shard with its run and its row groups as (rows, bytes). A task reads of one run only.
    """
    tasks: list[ExportTask] = []
    pieces: list[Piece] = []
    start = n_bytes = 0
    of: SourceRun | None = None

    def close() -> None:
        nonlocal n_bytes
        if pieces and of is not None:
            tasks.append(ExportTask(number=len(tasks), run=of, pieces=tuple(pieces)))
        pieces.clear()
        n_bytes = 0

    for run, shard, groups in shards:
        # A task ends with its run, and where another row group would make it too large.
        if run is not of:
            close()
            of = run
        for number, (rows, size) in enumerate(groups):
            if pieces and n_bytes + size > TASK_BYTES:
                close()
            if pieces and pieces[-1].shard is shard:
                last = pieces.pop()
                piece = Piece(
                    shard=shard,
                    groups=(*last.groups, number),
                    start=last.start,
                    rows=last.rows + rows,
                    n_bytes=last.n_bytes + size,
                )
            else:
                piece = Piece(shard=shard, groups=(number,), start=start, rows=rows, n_bytes=size)
            pieces.append(piece)
            start, n_bytes = start + rows, n_bytes + size
    close()
    return tasks


def records_of(task: ExportTask, columns: Sequence[str]) -> Iterator[tuple[int, list[dict[str, Any]], int]]:
    """Yield the records of a task, a batch at a time: (place of the first, records, bytes in memory).

    `columns` are the record columns that are read. Rows of an earlier schema are completed where whole records are
    asked for.
    """
    store = open_store(task.run.url, task.run.access)
    schema = part_of(SCHEMA, columns)
    # Only whole records can be completed to today's schema; a few columns are taken as they are.
    whole = {"cost", "schema_version"} <= set(schema.names)
    # A task has one piece of a shard at most, so the name finds it.
    by_name = {piece.shard.name: piece for piece in task.pieces}
    for shard, file in _opened(store, [piece.shard for piece in task.pieces]):
        piece = by_name[shard.name]
        place = piece.start
        # Batches are bounded in bytes, too: records of search trees may be large.
        size = max(1, min(BATCH_ROWS, BATCH_BYTES * piece.rows // max(1, piece.n_bytes)))
        batches = batches_in(file, size, leaves(file, columns), piece.groups)
        while True:
            with readable(store, shard.name):
                batch = next(batches, None)
            if batch is None:
                break
            rows = rows_of(batch, schema)
            yield place, [dict(completed(row)) for row in rows] if whole else rows, batch.nbytes
            place += len(rows)


def _opened(store: Store, wanted: Sequence[Shard]) -> Iterator[tuple[Shard, pq.ParquetFile]]:
    """Yield shards with their open files; some are opened ahead."""

    def opening(shard: Shard) -> tuple[Shard, pq.ParquetFile]:
        with readable(store, shard.name):
            return shard, open_shard(store, shard)

    for shard, file in in_order(opening, wanted, min(store.width, AHEAD)):
        with file:
            yield shard, file
