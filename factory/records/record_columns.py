"""Columns of records to read from Parquet: only those that a reader needs, down to single fields of a solution.

Columns are named as in the schema, nested ones with dots and without Parquet's own levels for lists: "question",
"solutions" (all of its fields), "solutions.text", "solutions.steps.label".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from factory.records.schema import SCHEMA, SOLUTION, STEP
from factory.records.shard_schema import as_written

# Fields of a solution that only a resumed run or a reader of whole records needs. Leaving them out saves a third of the
# reading time (`python -m tools.bench.export`).
_WHOLE_ONLY = {
    *("step_ends", "step_tokens", "verdict_reason", "verdict_parts", "start_depth", "counted_at", "sampling"),
    *("completer", "label_calls", "label_wishes", "prompt_tokens", "completion_tokens"),
}
_WHOLE_STEPS_ONLY = {"n_trials", "n_successes"}
FLAT_SOLUTIONS = [
    *(f"solutions.{field.name}" for field in SOLUTION if field.name not in {*_WHOLE_ONLY, "steps"}),
    *(f"solutions.steps.{field.name}" for field in STEP if field.name not in _WHOLE_STEPS_ONLY),
]
"""Columns that flat views read for "solutions"."""


def narrowed(columns: Iterable[str]) -> list[str]:
    """Return `columns` with "solutions" replaced by `FLAT_SOLUTIONS`, unless all columns of a record are wanted.

    A view that needs a field outside `FLAT_SOLUTIONS` names it in its columns: "solutions.step_ends".
    """
    wanted = dict.fromkeys(columns)
    if "solutions" in wanted and not wanted.keys() >= set(SCHEMA.names):
        del wanted["solutions"]
        wanted |= dict.fromkeys(FLAT_SOLUTIONS)
    return list(wanted)


def rows_of(batch: pa.RecordBatch, schema: pa.Schema) -> list[dict[str, Any]]:
    """Return the rows of a batch with the columns of `schema`; columns that the batch lacks are None."""
    if not as_written(batch.schema).equals(schema):
        batch = pa.RecordBatch.from_pylist(batch.to_pylist(), schema=schema)
    return list(batch.to_pylist())


def leaves(file: pq.ParquetFile, columns: Iterable[str]) -> list[str]:
    """Return the leaf columns of a file that belong to `columns`, named as `ParquetFile.iter_batches` expects them.

    `columns` are given as the module says: "question", "solutions.text".
    """
    schema, wanted = file.schema, frozenset(columns)
    # Shards of a run share one schema. Its ninety columns take as long to go through as ten rows to read, so the last
    # answer is kept.
    known = _LAST.get(wanted)
    if known is None or not known[0].equals(schema):
        known = _LAST[wanted] = (schema, [path for path in _paths(schema) if _is_part(path, wanted)])
    return known[1]


_LAST: dict[frozenset[str], tuple[Any, list[str]]] = {}


def _paths(schema: Any) -> list[str]:
    return [schema.column(number).path for number in range(len(schema))]


def _is_part(path: str, wanted: frozenset[str]) -> bool:
    names = _without_levels(path.split("."))
    return any(".".join(names[:depth]) in wanted for depth in range(1, len(names) + 1))


def part_of(schema: pa.Schema, columns: Iterable[str]) -> pa.Schema:
    """Return the fields of a schema that belong to `columns`, named as for `leaves`."""
    return pa.schema(_part(list(schema), set(columns), ""))


def _part(fields: Sequence[pa.Field], wanted: set[str], prefix: str) -> list[pa.Field]:
    kept = []
    for field in fields:
        name = prefix + field.name
        if name in wanted:
            kept.append(field)
        elif any(other.startswith(f"{name}.") for other in wanted):
            is_list = pa.types.is_list(field.type)
            inner = pa.struct(_part(list(field.type.value_type if is_list else field.type), wanted, f"{name}."))
            kept.append(pa.field(field.name, pa.list_(inner) if is_list else inner))
    return kept


def _without_levels(path: Sequence[str]) -> list[str]:
    """Return a leaf's path without the two levels that Parquet puts between a list and its items."""
    names: list[str] = []
    rest = iter(path)
    for name in rest:
        # A field of ours that is called "list" would be lost here: the schema has none.
        if name == "list" and names:
            next(rest, None)
        else:
            names.append(name)
    return names
