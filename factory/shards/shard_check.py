"""Check of a shard in full: every page is read with its checksum, the rows are hashed and counted anew.

* Memory is bounded by one unit, also for merged shards.
* Arrow reads the same values back into other buffers: rows are put together again before they are hashed.
* Large units of earlier versions are a single batch, and hashed as one; all others as `batches_of` cuts them.
* Damaged bytes are `Unreadable` (`damage.py`). A store that fails is a `StorageFailed`, never a fault of the shard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from factory.records.batches import batches_of
from factory.records.role_costs import AMOUNTS, ROLE_FIELDS, less
from factory.records.schema import SCHEMA, SCHEMA_VERSION
from factory.records.seen_questions import SeenQuestions
from factory.records.shard_schema import as_written, completed
from factory.records.tally import NUMBERS, Tally, tally
from factory.records.validation import Row, row_faults
from factory.shards.damage import Unreadable, reading
from factory.shards.merged_shards import merged_content, units_in
from factory.shards.shard_file import Footer, batches_in, content_hash, footer_of
from factory.types import Outcome

BATCH_ROWS = 64
FAULTS_KEPT = 50
_OUTCOMES = frozenset(map(str, Outcome))
_MEASURED = ("seconds", "money")


@dataclass(slots=True)
class ShardReport:
    """Result of checking one shard.

    * `footer`: None when it could not be read.
    * `questions`: rows that were read; 0 for a shard that could not be read to its end.
    * `faults`: the first `FAULTS_KEPT` of `n_faults`, each as one sentence.
    """

    footer: Footer | None = None
    questions: int = 0
    faults: list[str] = field(default_factory=list)
    n_faults: int = 0

    def add(self, *faults: str) -> None:
        """Count faults, and keep the first ones."""
        self.n_faults += len(faults)
        self.faults += faults[: max(0, FAULTS_KEPT - len(self.faults))]


def check_shard(
    file: pq.ParquetFile,
    unit_id: str,
    seen: SeenQuestions | None = None,
    on_rows: Callable[[int], None] = lambda n: None,
) -> ShardReport:
    """Read all of a shard and return what is wrong with it.

    Args:
      file: the shard, as `open_shard` opens it.
      unit_id: unit that the shard's name says.
      seen: questions that must not come again; those of this shard are added to it.
      on_rows: called after every unit with the number of rows read so far.

    Raises:
      FileNotFoundError: the object was deleted meanwhile; its questions then count as not seen.
      StorageFailed: the store does not answer.
    """
    report = ShardReport()
    try:
        with nullcontext() if seen is None else seen.all_or_none():
            _check(file, unit_id, seen, report, on_rows)
    except Unreadable as error:
        report.questions = 0
        report.add(unreadable_fault(error))
    return report


def unreadable_fault(error: Unreadable) -> str:
    """Return the fault of a shard that cannot be read."""
    return f"unreadable ({error}), expected a whole Parquet file of records"


def _check(
    file: pq.ParquetFile, unit_id: str, seen: SeenQuestions | None, report: ShardReport, on_rows: Callable[[int], None]
) -> None:
    # Footer.
    with reading():
        footer, merged, schema = footer_of(file), units_in(file), as_written(file.schema_arrow)
    report.footer = footer
    # Rows, unit by unit: `units` gets (unit id, content hash) of each.
    counted, units = Tally(), []
    countable = True
    for rows in _units(file, merged is not None):
        with reading():
            content = content_hash(batches_of(rows, schema))
            if content != footer.content and merged is None and file.num_row_groups == 1:
                content = content_hash(pa.RecordBatch.from_pylist(rows, schema=schema))
            units.append((rows[0]["unit_id"] or "", content))
            complete = [completed(row) for row in (rows if schema.equals(SCHEMA) else _in_todays_columns(rows))]
        report.questions += len(rows)
        for row in complete:
            faults = [*row_faults(row), *_place_faults(row, unit_id, merged, schema)]
            if not faults and seen is not None and not seen.is_new(row):
                faults = ["the question is in another row too, expected each once"]
            report.add(*(f"question {row['question_id']}: {fault}" for fault in faults))
            countable = countable and _is_countable(row)
        # Rows too damaged to be counted have faults already: comparing counts would only add noise.
        if countable:
            counted.add(tally(complete))
        on_rows(report.questions)
    # The rows as a whole against the footer.
    if merged is None:
        content = units[0][1] if units else ""
    else:
        content = merged_content(units)
        if merged != len(units):
            report.add(f"rows of {len(units)} units, expected {merged}")
    if content != footer.content:
        report.add(f"rows with content {content[:16]}, expected {footer.content[:16]} by its footer")
    if countable:
        report.add(*_tally_faults(counted, footer.tally))


def _units(file: pq.ParquetFile, merged: bool) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of each unit of a shard."""
    rows = _rows(file)
    if merged:
        for _, unit in groupby(rows, key=lambda row: row["unit_id"]):
            yield list(unit)
    elif all_rows := list(rows):
        yield all_rows


def _rows(file: pq.ParquetFile) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file. Raises `Unreadable` when bytes are damaged."""
    with reading():
        batches = batches_in(file, BATCH_ROWS)
    while True:
        with reading():
            batch = next(batches, None)
            rows = [] if batch is None else batch.to_pylist()
        if batch is None:
            return
        yield from rows


def _in_todays_columns(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for batch in batches_of(rows) for row in batch.to_pylist()]


def _tally_faults(counted: Tally, stated: Tally) -> Iterator[str]:
    """Yield a fault for every count that the rows do not sum up to."""
    for name in NUMBERS:
        ours, theirs = getattr(counted, name), getattr(stated, name)
        # Seconds were summed before they were rounded to float32, and in another order: they differ a little.
        if ours != theirs and not (name in _MEASURED and abs(ours - theirs) <= 1e-3 + 1e-5 * abs(ours)):
            yield f"its footer counts {name} {theirs}, expected {ours} by its rows"
    differing = less(counted.roles, stated.roles)
    if any(abs(entry[name]) > (1e-9 if name == "money" else 0) for entry in differing for name in AMOUNTS):
        yield "its footer counts other calls, tokens or money by role, expected those of its rows"


def _place_faults(row: Row, unit_id: str, merged: int | None, schema: pa.Schema) -> Iterator[str]:
    """Yield the faults of a row that only its shard shows: another unit's row, too few columns."""
    if merged is None and row["unit_id"] != unit_id:
        yield f"unit_id {row['unit_id']!r}, expected {unit_id!r}"
    if row["schema_version"] == SCHEMA_VERSION and not schema.equals(SCHEMA):
        yield f"schema_version {SCHEMA_VERSION} in fewer columns, expected all of them"


def _is_countable(row: Row) -> bool:
    """Return True when a row has all that counting it needs. `row_faults` reports what is missing."""
    solutions, cost = row["solutions"], row["cost"]
    return (
        solutions is not None
        and cost is not None
        and all(amount is not None for name, amount in cost.items() if name not in ROLE_FIELDS)
        and all(item and item["steps"] is not None and None not in item["steps"] for item in solutions)
        and all(item["verdict"] is None or item["verdict"] in _OUTCOMES for item in solutions)
    )
