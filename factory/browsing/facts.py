"""Facts of records that a list of questions is filtered and sorted by: two flat tables, made of nested columns at once.

* One row per question: id, beginning of its text, source, level, status, what failed, time, calls, samples, right ones.
* One row per solution, in the order of the questions: verdict, first error, least confidence, what else it was.

A solution that was cut off has the verdict "truncated", as in all counts of a run (`factory/records/tally.py`); one
that nobody judged has "not judged". Columns that earlier schemas lack are unknown, never an error. No value is null: a
name that is not there is "".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from factory.records.samples import are_sampled
from factory.types import LENGTH, LEVEL_KEYS, POLICY

COLUMNS = (
    *("question_id", "question", "source", "metadata", "status", "failure.type", "cost.seconds", "cost.policy_calls"),
    *("solutions.verdict", "solutions.first_error", "solutions.flawed", "solutions.contradicted", "solutions.role"),
    *("solutions.method", "solutions.occurrences", "solutions.independent", "solutions.hinted"),
    "solutions.finish_reason",
    *("solutions.steps.label", "solutions.steps.confidence"),
)
"""Columns of a record that the facts are made of, named as for `factory.records.record_columns.leaves`."""

NONE, UNKNOWN = -1, -2
"""First errors of solutions that have none, and of those where it is not known."""
NOT_JUDGED, TRUNCATED = "not judged", "truncated"
# Characters of a question that its row in a list shows, and of a name by which one filters.
BEGINNING, NAME = 140, 200
_FARTHEST = 32_000
# There are many solutions, and few names of theirs: verdicts, roles, methods.
_NAMES, _FEW_NAMES = pa.dictionary(pa.int32(), pa.string()), pa.dictionary(pa.int16(), pa.string())

QUESTIONS = pa.schema(
    [
        ("question_id", pa.string()),
        ("beginning", pa.string()),
        ("source", _NAMES),
        ("level", _NAMES),
        ("status", _NAMES),
        ("failure", _NAMES),
        ("seconds", pa.float32()),
        ("calls", pa.int32()),
        ("samples", pa.int32()),
        ("right", pa.int32()),
        ("solutions", pa.int32()),
    ]
)
"""Table of questions; `samples` are the policy's independent ones, `right` of them reached the gold answer."""
SOLUTIONS = pa.schema(
    [
        ("verdict", _FEW_NAMES),
        ("role", _FEW_NAMES),
        ("method", _FEW_NAMES),
        ("first_error", pa.int16()),
        ("confidence", pa.float32()),
        ("flawed", pa.int8()),
        ("contradicted", pa.int8()),
    ]
)
"""Table of solutions; `confidence` is that of the least sure label, NaN without one; flags are 1, 0, or -1: unknown."""


def facts_of(records: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Return the tables of questions and of solutions of some records.

    Args:
      records: any of the columns of `COLUMNS`, nested as in `factory/records/schema.py`; others are not looked at.
    """
    n = records.num_rows
    counts, flat = _flattened(_column(records, "solutions", n))
    solutions = _solutions(flat)
    samples, right = _samples(flat, counts, solutions)
    cost, failure = _column(records, "cost", n), _column(records, "failure", n)
    columns = {
        "question_id": _texts(_column(records, "question_id", n)),
        "beginning": _beginnings(_column(records, "question", n)),
        "source": _names(_texts(_column(records, "source", n))),
        "level": _names(_levels(_column(records, "metadata", n))),
        "status": _names(_texts(_column(records, "status", n))),
        "failure": _names(_texts(_field(failure, "type", n))),
        "seconds": _numbers(_field(cost, "seconds", n), np.float32, 0),
        "calls": _numbers(_field(cost, "policy_calls", n), np.int32, 0),
        "samples": samples,
        "right": right,
        "solutions": counts.astype(np.int32),
    }
    return pa.table(columns, schema=QUESTIONS), solutions


def _solutions(flat: Any) -> pa.Table:
    """Return the table of solutions."""
    n = len(flat)
    verdicts = _texts(_field(flat, "verdict", n), NOT_JUDGED)
    cut_off = pc.fill_null(pc.equal(_texts(_field(flat, "finish_reason", n)), LENGTH), False)
    first_error = _numbers(_field(flat, "first_error", n), np.int32, UNKNOWN)
    columns = {
        "verdict": _names(pc.if_else(cut_off, TRUNCATED, verdicts), _FEW_NAMES),
        "role": _names(_texts(_field(flat, "role", n), POLICY), _FEW_NAMES),
        "method": _names(_texts(_field(flat, "method", n)), _FEW_NAMES),
        "first_error": np.clip(first_error, UNKNOWN, _FARTHEST).astype(np.int16),
        "confidence": _least_confidence(_field(flat, "steps", n)),
        "flawed": _flags(_field(flat, "flawed", n)),
        "contradicted": _flags(_field(flat, "contradicted", n)),
    }
    return pa.table(columns, schema=SOLUTIONS)


def _samples(flat: Any, counts: NDArray[np.int64], solutions: pa.Table) -> tuple[Any, Any]:
    """Return how many samples each question has, and how many are right: independent ones of the policy."""
    n = len(flat)
    drawn = are_sampled(lambda name: _field(flat, name, n))
    times = _numbers(_field(flat, "occurrences", n), np.int32, 1) * drawn.astype(np.int32)
    right = np.where(np.asarray(pc.equal(solutions["verdict"].cast(pa.string()), "correct"), bool), times, 0)
    return _sums(times, counts), _sums(right, counts)


def _sums(values: NDArray[Any], counts: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the sum over each question's solutions, of which there are `counts`."""
    total = np.concatenate([[0], np.cumsum(values, dtype=np.int64)])
    ends = np.cumsum(counts)
    return np.asarray(total[ends] - total[ends - counts], np.int32)


def _least_confidence(steps: Any) -> NDArray[np.float32]:
    """Return the least confidence among the labelled steps of each solution; NaN where no step is labelled."""
    counts, flat = _flattened(steps)
    n = len(flat)
    values = _numbers(_field(flat, "confidence", n), np.float32, np.nan)
    labels = _numbers(_field(flat, "label", n), np.int8, 0)
    values = np.where((labels != 0) & ~np.isnan(values), values, np.inf).astype(np.float32)
    least = np.full(len(counts), np.nan, np.float32)
    some = counts > 0
    if some.any():
        starts = (np.cumsum(counts) - counts)[some]
        least[some] = np.minimum.reduceat(values, starts)
    least[np.isinf(least)] = np.nan
    return least


def _levels(metadata: Any) -> Any:
    """Return the level that each record's metadata names; "" where it names none."""
    if not pa.types.is_map(metadata.type):
        return _texts(pa.nulls(len(metadata)))
    return _texts(pc.coalesce(*(pc.map_lookup(metadata, key, "first") for key in LEVEL_KEYS)))


def _column(records: pa.Table, name: str, n: int) -> Any:
    """Return a column as one array; nulls where the records have no such column."""
    if name not in records.column_names:
        return pa.nulls(n)
    column = records[name].combine_chunks()
    return pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column


def _field(values: Any, name: str, n: int) -> Any:
    """Return a field of an array of structs; nulls where it has no such field, and where the struct is null."""
    if not pa.types.is_struct(values.type) or values.type.get_field_index(name) < 0:
        return pa.nulls(n)
    return pc.struct_field(values, name)


def _lengths(lists: Any) -> NDArray[np.int64]:
    return np.asarray(pc.fill_null(pc.list_value_length(lists), 0), np.int64)


def _flattened(lists: Any) -> tuple[NDArray[np.int64], Any]:
    """Return how many items each list has, and all items one after the other."""
    if not pa.types.is_list(lists.type):
        return np.zeros(len(lists), np.int64), pa.nulls(0)
    return _lengths(lists), lists.flatten()


def _numbers(values: Any, kind: Any, unknown: float) -> NDArray[Any]:
    if pa.types.is_null(values.type):
        return np.full(len(values), unknown, kind)
    return np.asarray(pc.fill_null(values, pa.scalar(unknown, values.type)), kind)


def _flags(values: Any, unknown: int = -1) -> NDArray[np.int8]:
    """Return booleans as 1 and 0, null as `unknown`."""
    if pa.types.is_null(values.type):
        return np.full(len(values), unknown, np.int8)
    return np.asarray(pc.fill_null(values.cast(pa.int8()), unknown), np.int8)


def _texts(values: Any, unknown: str = "") -> Any:
    texts = values.cast(pa.string()) if not pa.types.is_string(values.type) else values
    return pc.fill_null(texts, unknown)


def _names(texts: Any, kind: Any = _NAMES) -> Any:
    return pc.dictionary_encode(pc.utf8_slice_codeunits(texts, 0, NAME)).cast(kind)


def _beginnings(texts: Any) -> Any:
    """Return the first characters of texts, on one line."""
    begun = pc.utf8_slice_codeunits(_texts(texts), 0, BEGINNING)
    return pc.replace_substring_regex(begun, r"\s+", " ")


def joined(parts: Sequence[pa.Table]) -> pa.Table:
    """Return tables of one schema as one, each column in one piece."""
    return pa.concat_tables(parts).unify_dictionaries().combine_chunks()
