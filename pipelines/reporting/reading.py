"""Rows of a run's objects, streamed through sections in one pass: only the columns that these need, as Arrow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from factory.errors import BadInput
from factory.records.record_columns import leaves
from factory.run_figures.flat_rows import FlatRows, Place
from factory.run_figures.section import Section
from factory.shards.commits import Shard, no_records, open_newest, runs_within, shards
from factory.shards.damage import Unreadable, reading
from factory.storage.ahead import in_order
from factory.storage.opening import open_store
from factory.storage.store import Store
from factory.text.safe_text import safe

# Rows, and bytes, of a batch. A batch costs each section some milliseconds beside its rows.
BATCH_ROWS, BATCH_BYTES = 8192, 128 << 20
# Objects read ahead on a local disk: Arrow decodes them in threads of their own.
AHEAD = 3

OnProgress = Callable[[int, int, int], None]
"""Hears how many objects of how many were read, with how many questions."""


@dataclass(slots=True)
class Read:
    """Result of a pass.

    Attributes:
      objects: objects that were read.
      questions: rows in them.
      unreadable: names of objects that are gone or damaged, with what is wrong.
    """

    objects: int = 0
    questions: int = 0
    unreadable: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Part:
    """Folder of records: its name within the run ("" for the run's own), its store, its objects."""

    name: str
    store: Store
    shards: Sequence[Shard]


def parts_of(store: Store) -> list[Part]:
    """Return the folders of records: the run's own, or those of the runs within it. Raises `BadInput` for none."""
    if own := shards(store):
        return [Part("", store, own)]
    within = [(name, open_store(f"{store.url}/{name}")) for name in runs_within(store)]
    if not within:
        raise no_records(store)
    return [Part(name, inner, shards(inner)) for name, inner in within]


def read_through(parts: Sequence[Part], sections: Sequence[Section], tell: OnProgress = lambda *_: None) -> Read:
    """Add all rows of `parts` to all sections.

    Args:
      parts: folders of records.
      sections: sums that rows are added to.
      tell: hears of the progress.

    Returns:
      Counts, and what could not be read.

    Raises:
      StorageFailed: the store does not answer.
    """
    columns = sorted({column for section in sections for column in section.COLUMNS})
    done = Read()
    total = sum(len(part.shards) for part in parts)
    for part in parts:
        for batch in _batches(_tables(part, columns, done)):
            rows = FlatRows([table for table, _ in batch], [place for _, place in batch])
            for section in sections:
                section.add(rows)
            done.questions += len(rows)
            tell(done.objects, total, done.questions)
    return done


def unreadable(folder: str, read: Read) -> BadInput:
    """Return the error for a folder of which no object can be read."""
    return BadInput(
        f"no object of {folder} can be read: {read.unreadable[0]}. `factory validate {folder}` names them all."
    )


_Located = tuple[pa.Table, Place]


def _tables(part: Part, columns: Sequence[str], done: Read) -> Iterator[_Located]:
    """Yield the rows of each row group of each object."""

    def read(shard: Shard) -> list[pa.Table] | str:
        try:
            with reading(), open_newest(part.store, shard) as file:
                wanted = leaves(file, columns)
                groups = range(file.num_row_groups)
                tables = [file.read_row_group(group, columns=wanted, use_threads=False) for group in groups]
                for table in tables:
                    # Also of texts that are no UTF-8, which Arrow takes as they are.
                    table.validate(full=True)
                return tables
        except FileNotFoundError:
            return "it is gone"
        except Unreadable as error:
            return str(error)

    results = in_order(read, part.shards, max(part.store.width, AHEAD))
    for shard, tables in zip(part.shards, results, strict=True):
        if isinstance(tables, str):
            name = f"{part.name}/{shard.name}".lstrip("/")
            done.unreadable.append(safe(f"{name}: {tables}"))
            continue
        done.objects += 1
        first = 0
        for table in tables:
            yield table, Place(part.name, shard.name, first)
            first += table.num_rows


def _batches(tables: Iterable[_Located]) -> Iterator[list[_Located]]:
    """Yield tables of one schema together, up to the bounds of a batch."""
    batch: list[_Located] = []
    rows = size = 0
    for located in tables:
        table, _ = located
        is_full = rows + table.num_rows > BATCH_ROWS or size + table.nbytes > BATCH_BYTES
        if batch and (is_full or not table.schema.equals(batch[0][0].schema)):
            yield batch
            batch, rows, size = [], 0, 0
        batch.append(located)
        rows, size = rows + table.num_rows, size + table.nbytes
    if batch:
        yield batch
