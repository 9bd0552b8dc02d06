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
from factory.run_figures.flat_rows import CORRECT, FlatRows, Place, metadata_value, numbers
from factory.run_figures.flat_rows import TRUNCATED as CUT_OFF
from factory.types import LEVEL_KEYS, POLICY

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
    rows = FlatRows([records], [Place("", "")])
    samples, right = _samples(rows)
    columns = {
        "question_id": _texts(rows.of_questions("question_id")),
        "beginning": _beginnings(rows.of_questions("question")),
        "source": _names(_texts(rows.of_questions("source"))),
        "level": _names(_texts(metadata_value(rows.of_questions("metadata"), *LEVEL_KEYS))),
        "status": _names(_texts(rows.of_questions("status"))),
        "failure": _names(_texts(rows.of_questions("failure.type"))),
        "seconds": numbers(rows.of_questions("cost.seconds")).astype(np.float32),
        "calls": numbers(rows.of_questions("cost.policy_calls")).astype(np.int32),
        "samples": samples,
        "right": right,
        "solutions": rows.solutions_of_question.astype(np.int32),
    }
    return pa.table(columns, schema=QUESTIONS), _solutions(rows)


def _solutions(rows: FlatRows) -> pa.Table:
    """Return the table of solutions."""
    verdicts = _texts(rows.of_solutions("verdict"), NOT_JUDGED)
    first_error = numbers(rows.of_solutions("first_error"), UNKNOWN)
    columns = {
        "verdict": _names(pc.if_else(pa.array(rows.outcome == CUT_OFF), TRUNCATED, verdicts), _FEW_NAMES),
        "role": _names(_texts(rows.of_solutions("role"), POLICY), _FEW_NAMES),
        "method": _names(_texts(rows.of_solutions("method")), _FEW_NAMES),
        "first_error": np.clip(first_error, UNKNOWN, _FARTHEST).astype(np.int16),
        "confidence": _least_confidence(rows),
        "flawed": _flags(rows.of_solutions("flawed")),
        "contradicted": _flags(rows.of_solutions("contradicted")),
    }
    return pa.table(columns, schema=SOLUTIONS)


def _samples(rows: FlatRows) -> tuple[Any, Any]:
    """Return how many samples each question has, and how many are right: independent ones of the policy."""
    times = numbers(rows.of_solutions("occurrences"), 1) * are_sampled(rows.of_solutions)
    right = times * (rows.outcome == CORRECT)
    drawn, hits = (np.bincount(rows.question_of_solution, one, len(rows)).astype(np.int32) for one in (times, right))
    return drawn, hits


def _least_confidence(rows: FlatRows) -> NDArray[np.float32]:
    """Return the least confidence among the labelled steps of each solution; NaN where no step is labelled."""
    values = numbers(rows.of_steps("confidence"), np.nan).astype(np.float32)
    labels = numbers(rows.of_steps("label"))
    values = np.where((labels != 0) & ~np.isnan(values), values, np.inf).astype(np.float32)
    lengths = rows.steps_of_solution
    least = np.full(len(lengths), np.nan, np.float32)
    some = lengths > 0
    if some.any():
        least[some] = np.minimum.reduceat(values, (np.cumsum(lengths) - lengths)[some])
    least[np.isinf(least)] = np.nan
    return least


def _flags(values: Any) -> NDArray[np.int8]:
    """Return booleans as 1 and 0, null as -1."""
    return numbers(values.cast(pa.int8()), -1)


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
