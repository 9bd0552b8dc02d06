"""The middle of an export: from the records of a task to the rows of its formats, in Arrow files beside each other.

    PARTS/<task>-<config>-<split>.arrow        rows in the order of the input, in batches of bounded size

A JSONL format's rows have one column, the line. The files are scratch; `pipelines/export_shards.py` makes shards of
them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa

from factory.export_filter import COLUMNS, RECORDS, SELECTION_COLUMNS, Candidate, Dropped, Filter
from factory.export_split import Split
from factory.plugins import plugin
from factory.record_columns import narrowed
from factory.schema import SCHEMA
from pipelines.export_inputs import Task, records_of

LINES = pa.schema([("line", pa.string())])
BATCH_ROWS, BATCH_BYTES = 1024, 16 * 2**20  # of records that came in, whichever comes first
PROVENANCE = (
    "engine",
    "model",
    "model_revision",
    "prompt_id",
    "checker",
    "checker_policy",
    "labeller",
    "method",
    "hinted",
    "round",
)
MOST_LABELS = 64  # different values counted; a column with more holds no labels

_provenance = itemgetter(*PROVENANCE)

Key = tuple[str, str]
"""(config, split)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is the same for every task."""

    formats: tuple[str, ...]
    filter: Filter
    split: Split
    parts: str

    def columns(self) -> list[str]:
        """The record columns that somebody reads. A format that does not say reads all."""
        wanted = dict.fromkeys(COLUMNS)
        for name in self.formats:
            wanted |= dict.fromkeys(getattr(view_of(name), "COLUMNS", SCHEMA.names))
        return narrowed(wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsWanted:
    """One call: the records of `task`, but those in `dropped` (by place, and why), less the solutions in `lost` (by
    place and index, and why) of questions that other records hold too."""

    job: Job
    task: Task
    dropped: Mapping[int, str]
    lost: Mapping[int, Mapping[int, str]]


@dataclass(slots=True, kw_only=True)
class Part:
    """What a task has written for a config and split. `batches`: (rows, bytes in memory) of each."""

    path: str
    batches: list[tuple[int, int]] = field(default_factory=list)
    records: int = 0
    labels: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True, kw_only=True)
class Done:
    """What came of a task. `provenance`: that of the exported solutions, each as `PROVENANCE`."""

    records: int = 0
    solutions: int = 0
    parts: dict[Key, Part] = field(default_factory=dict)
    dropped: Dropped = field(default_factory=Counter)
    provenance: Counter[tuple[Any, ...]] = field(default_factory=Counter)


def view_of(name: str) -> ModuleType:
    return plugin("factory.formats", name)


def candidates_of(wanted: tuple[Task, Filter, frozenset[int]]) -> list[Candidate]:
    """Of the records at some places of a task, the solutions that may be exported."""
    task, chosen_by, places = wanted
    found: list[Candidate] = []
    for place, records, _ in records_of(task, SELECTION_COLUMNS):
        for at, record in enumerate(records, start=place):
            if at in places:
                found += chosen_by.candidates(record["solutions"] or (), at)
    return found


def write_rows(wanted: RowsWanted) -> Done:
    """Write the parts of a task."""
    job, done = wanted.job, Done()
    views = {name: view_of(name) for name in job.formats}
    with ExitStack() as stack:
        writers = _Writers(stack, wanted, views, done)
        for place, records, n_bytes in records_of(wanted.task, job.columns()):
            for at, record in enumerate(records, start=place):
                done.records += 1
                done.solutions += len(record["solutions"] or ())
                if at in wanted.dropped:
                    done.dropped[RECORDS, wanted.dropped[at]] += 1
                    continue
                kept = job.filter.apply(record, done.dropped, wanted.lost.get(at))
                if kept is not None:
                    _count(done.provenance, kept["solutions"] or ())
                    split = job.split.of(kept["question"])
                    for name, view in views.items():
                        writers.add((name, split), list(view.rows(kept)))
            writers.taken_in(n_bytes)
        writers.flush()
    return done


class _Writers:
    """The open parts of a task, each with its rows that are not yet written."""

    def __init__(self, stack: ExitStack, wanted: RowsWanted, views: Mapping[str, ModuleType], done: Done) -> None:
        self._stack, self._wanted, self._views, self._done = stack, wanted, views, done
        self._rows: dict[Key, list[dict[str, Any]]] = {}
        self._open: dict[Key, Any] = {}
        self._n_bytes = 0

    def add(self, key: Key, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._rows.setdefault(key, []).extend(rows)
            self._part(key).records += 1

    def taken_in(self, n_bytes: int) -> None:
        self._n_bytes += n_bytes
        if self._n_bytes >= BATCH_BYTES:
            self.flush()
        for key, rows in self._rows.items():
            if len(rows) >= BATCH_ROWS:
                self._write(key, rows)

    def flush(self) -> None:
        for key, rows in self._rows.items():
            self._write(key, rows)
        self._n_bytes = 0

    def _write(self, key: Key, rows: list[dict[str, Any]]) -> None:
        if not rows:
            return
        features = self._views[key[0]].FEATURES
        batch = (
            pa.RecordBatch.from_pylist(rows, schema=features)
            if features is not None
            else pa.RecordBatch.from_arrays([pa.array(map(_line, rows), pa.string())], schema=LINES)
        )
        self._file(key, batch.schema).write_batch(batch)
        part = self._part(key)
        part.batches.append((batch.num_rows, batch.nbytes))
        _count_labels(part.labels, rows)
        rows.clear()

    def _part(self, key: Key) -> Part:
        if key not in self._done.parts:
            name = f"{self._wanted.task.number:06}-{key[0]}-{key[1]}.arrow"
            self._done.parts[key] = Part(path=str(Path(self._wanted.job.parts) / name))
        return self._done.parts[key]

    def _file(self, key: Key, schema: pa.Schema) -> Any:
        if key not in self._open:
            options = pa.ipc.IpcWriteOptions(compression="lz4")  # half the room, for a tenth of the time
            file = pa.ipc.new_file(self._part(key).path, schema, options=options)
            self._open[key] = self._stack.enter_context(file)
        return self._open[key]


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False)


def _count(provenance: Counter[tuple[Any, ...]], solutions: Sequence[Mapping[str, Any]]) -> None:
    for solution in solutions:
        provenance[_provenance(solution)] += 1


def _count_labels(counted: Counter[Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """How often which label occurs: of `labels` and `label`, as far as they are booleans or numbers."""
    first = rows[0]
    found: Counter[Any] = Counter()
    if isinstance(first.get("labels"), list):
        found.update(chain.from_iterable(row["labels"] or () for row in rows))
    if isinstance(first.get("label"), (bool, int)):
        found.update(row["label"] for row in rows)
    for label, n in found.items():
        if isinstance(label, (bool, int)) and (len(counted) < MOST_LABELS or str(label).lower() in counted):
            counted[str(label).lower()] += n
