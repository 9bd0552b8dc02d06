"""Second pass of an export: from the records of a task to the rows of its formats, in Arrow files beside each other.

    PARTS/<task>-<config>-<split>.arrow        rows in the order of the input, in batches of bounded size

Rows of a JSONL format have one column, the line. The files are scratch; `pipelines/export/shards.py` makes shards of
them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from factory.contracts.formats import FORMATS, FormatPlugin
from factory.export.choice import DropReason, FormatSelector
from factory.export.drops import RECORDS, SOLUTIONS, Dropped
from factory.export.filter import EVERYTHING, Filter
from factory.export.split import Split
from factory.records.record_columns import narrowed
from pipelines.export.annotated import Said
from pipelines.export.inputs import ExportTask, records_of

LINES = pa.schema([("line", pa.string())])
# Rows wait for so many records, or bytes of records, whichever comes first.
BATCH_ROWS, BATCH_BYTES = 1024, 16 * 2**20
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
# A label column may hold anything; the manifest counts so many different values.
MOST_LABELS = 64
CANDIDATE = np.dtype(
    {
        "names": ["record", "number", "rank", "text", "right", "known", "uses"],
        "formats": ["<u4", "<u4", "<u8", "<u8", "i1", "<u4", "<u4"],
    }
)
"""`factory.export.choice.Candidate` in an array: 33 bytes."""

_provenance = itemgetter(*PROVENANCE)

ConfigSplit = tuple[str, str]
"""(config, split)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Settings that are the same for every task.

    * `parts`: folder of the files of rows.
    * `annotations`: what people said, by the id of the question, for formats that hold it.
    """

    formats: tuple[str, ...]
    filter: Filter
    split: Split
    parts: str
    annotations: Said = field(default_factory=dict)

    def columns(self) -> list[str]:
        """Return the record columns that somebody reads. A format that does not say which reads all."""
        wanted = dict.fromkeys(self.filter.columns())
        for name in self.formats:
            wanted |= dict.fromkeys(FORMATS.load(name).COLUMNS)
        return narrowed(wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsWanted:
    """Input of one call.

    * `task`: the records.
    * `dropped`: those to be left out, by place, and why.
    * `lost`: solutions to be left out because of other records of their question, by place and index, and why.
    """

    job: Job
    task: ExportTask
    dropped: Mapping[int, str]
    lost: Mapping[int, Mapping[int, DropReason]]


@dataclass(slots=True, kw_only=True)
class PartFile:
    """Rows of a config and split that a task has written to a file.

    * `batches`: (rows, bytes in memory) of each.
    * `records`: how many records they come from.
    * `labels`: how often each label occurs.
    """

    path: str
    batches: list[tuple[int, int]] = field(default_factory=list)
    records: int = 0
    labels: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True, kw_only=True)
class TaskResult:
    """Result of a task.

    * `parts`: the files that were written, by (config, split).
    * `dropped`: counts by what and why.
    * `provenance`: how many of the solutions that some format uses have each value of `PROVENANCE`.
    """

    records: int = 0
    solutions: int = 0
    parts: dict[ConfigSplit, PartFile] = field(default_factory=dict)
    dropped: Dropped = field(default_factory=Counter)
    provenance: Counter[tuple[Any, ...]] = field(default_factory=Counter)


def selectors_of(formats: Sequence[str]) -> tuple[FormatSelector, ...]:
    """Return formats as selectors of solutions; one that takes everything where no format is named.

    A format that does not say which solutions it `uses` uses all.
    """
    if not formats:
        return EVERYTHING
    views = {name: FORMATS.load(name) for name in formats}
    return tuple(
        FormatSelector(name=name, mask=1 << bit, only_right=view.ONLY_RIGHT, uses=view.uses)
        for bit, (name, view) in enumerate(views.items())
    )


def candidates_of(wanted: tuple[ExportTask, Filter, Sequence[str], frozenset[int]]) -> Any:
    """Return the solutions that may be exported, of the records at some places of a task.

    `wanted` is (task, filter, formats, places); the result is an array of `CANDIDATE`.
    """
    task, chosen_by, formats, places = wanted
    selectors = selectors_of(formats)
    batches = [np.empty(0, CANDIDATE)]
    for place, records, _ in records_of(task, chosen_by.selection_columns()):
        those = ((at, record) for at, record in enumerate(records, start=place) if at in places)
        ours = (one for at, record in those for one in chosen_by.candidates(record, selectors, at))
        batches.append(np.fromiter(ours, CANDIDATE))
    return np.concatenate(batches)


def write_rows(wanted: RowsWanted) -> TaskResult:
    """Write the rows of a task to files, and return what came of it."""
    job, done = wanted.job, TaskResult()
    views, selectors = {name: FORMATS.load(name) for name in job.formats}, selectors_of(job.formats)
    with ExitStack() as stack:
        writers = _Writers(stack, wanted, views, done)
        # A record is dropped whole, or goes into each format with the solutions that this format uses.
        for place, records, n_bytes in records_of(wanted.task, job.columns()):
            for at, record in enumerate(records, start=place):
                solutions = record["solutions"] or ()
                done.records += 1
                done.solutions += len(solutions)
                # Solutions of a dropped record are counted, too: the manifest says what became of every solution.
                if at in wanted.dropped:
                    done.dropped[RECORDS, wanted.dropped[at]] += 1
                    done.dropped[SOLUTIONS, wanted.dropped[at]] += len(solutions)
                    continue
                kept = job.filter.apply(record, done.dropped, selectors, wanted.lost.get(at))
                if kept:
                    _count(done.provenance, kept, selectors)
                    # The split goes by the question alone, so all formats agree on it.
                    split = job.split.of(record["question"])
                    for name, narrowed_record in kept.items():
                        view, chosen = views[name], narrowed_record
                        if view.ANNOTATED:
                            chosen = {**chosen, "annotations": job.annotations.get(record["question_id"], ())}
                        writers.add((name, split), list(view.rows(chosen)))
            writers.taken_in(n_bytes)
        # Rows that still wait belong to this task's files.
        writers.flush()
    return done


class _Writers:
    """Open files of a task, each with the rows that are not yet written."""

    def __init__(
        self, stack: ExitStack, wanted: RowsWanted, views: Mapping[str, FormatPlugin], done: TaskResult
    ) -> None:
        """Prepare writers whose files are closed with `stack`, and whose counts go to `done`."""
        self._stack, self._wanted, self._views, self._done = stack, wanted, views, done
        self._rows: dict[ConfigSplit, list[dict[str, Any]]] = {}
        self._open: dict[ConfigSplit, Any] = {}
        self._n_bytes = 0

    def add(self, key: ConfigSplit, rows: list[dict[str, Any]]) -> None:
        """Add the rows of one record to a config and split."""
        if rows:
            self._rows.setdefault(key, []).extend(rows)
            self._part(key).records += 1

    def taken_in(self, n_bytes: int) -> None:
        """Write what has gathered, once `n_bytes` more of records make it too much."""
        self._n_bytes += n_bytes
        if self._n_bytes >= BATCH_BYTES:
            self.flush()
        for key, rows in self._rows.items():
            if len(rows) >= BATCH_ROWS:
                self._write(key, rows)

    def flush(self) -> None:
        """Write all rows that wait."""
        for key, rows in self._rows.items():
            self._write(key, rows)
        self._n_bytes = 0

    def _write(self, key: ConfigSplit, rows: list[dict[str, Any]]) -> None:
        """Write rows as one batch, and count their labels."""
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
        _count_labels(part.labels, self._views[key[0]], rows)
        rows.clear()

    def _part(self, key: ConfigSplit) -> PartFile:
        """Return the file of a config and split, made with its first row."""
        if key not in self._done.parts:
            name = f"{self._wanted.task.number:06}-{key[0]}-{key[1]}.arrow"
            self._done.parts[key] = PartFile(path=str(Path(self._wanted.job.parts) / name))
        return self._done.parts[key]

    def _file(self, key: ConfigSplit, schema: pa.Schema) -> Any:
        """Return the open Arrow writer of a config and split."""
        # Files are opened with their first batch: most tasks have rows for few of the splits.
        if key not in self._open:
            # Half the room on disk, for a tenth of the time more.
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            file = pa.ipc.new_file(self._part(key).path, schema, options=options)
            self._open[key] = self._stack.enter_context(file)
        return self._open[key]


def _line(row: Mapping[str, Any]) -> str:
    """Return a row as a line of JSON."""
    return json.dumps(row, ensure_ascii=False)


def _count(
    provenance: Counter[tuple[Any, ...]], kept: Mapping[str, Mapping[str, Any]], selectors: Sequence[FormatSelector]
) -> None:
    """Count the solutions that some format uses, each once."""
    # Formats share the solutions' objects, so their ids tell which were counted.
    used: dict[int, Mapping[str, Any]] = {}
    for selector in selectors:
        for solution in (kept[selector.name]["solutions"] or ()) if selector.name in kept else ():
            if id(solution) not in used and selector.uses(solution):
                used[id(solution)] = solution
    provenance.update(map(_provenance, used.values()))


def _count_labels(counted: Counter[str], view: FormatPlugin, rows: Sequence[Mapping[str, Any]]) -> None:
    """Count the labels of rows, as the format's `labels` gives them; at most `MOST_LABELS` different ones."""
    for label, n in Counter(label for row in rows for label in view.labels(row)).items():
        name = str(label).lower()
        if name in counted or len(counted) < MOST_LABELS:
            counted[name] += n
