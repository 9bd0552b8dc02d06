"""Rows of records as flat columns: those of questions, of all their solutions, and of all steps of these.

Columns that rows of an earlier schema lack are null, and so are those that are nested otherwise than in a record.
Everything here is Arrow and numpy over whole columns: a row is never a Python object, so that a million of them take
seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from factory.records.schema import SCHEMA, SOLUTION, STEP
from factory.types import LENGTH

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]

OUTCOMES = ("correct", "incorrect", "unparsable", "timeout", "error", "truncated", "unjudged")
"""Outcome of a solution. A text that was cut off is not judged, whatever its last words were."""
CORRECT, INCORRECT, UNPARSABLE, TRUNCATED, UNJUDGED = 0, 1, 2, 5, 6
_VERDICTS = pa.array(OUTCOMES[:TRUNCATED])


@dataclass(frozen=True, slots=True)
class Place:
    """Place of some rows.

    Attributes:
      part: folder within the run, "" for its own.
      shard: name of the object there.
      first: number of the first of the rows in the object.
    """

    part: str
    shard: str
    first: int = 0


class FlatRows:
    """Rows of some objects of one folder.

    Args:
      tables: the rows of each object, with the columns that are needed, of one schema.
      places: where each table comes from; all of one part.
    """

    def __init__(self, tables: Sequence[pa.Table], places: Sequence[Place]) -> None:
        self._table = pa.concat_tables(tables).combine_chunks()
        self._places = list(places)
        self._begins = np.cumsum([0, *(table.num_rows for table in tables)])
        self._kept: dict[tuple[str, str], pa.Array] = {}

    def __len__(self) -> int:
        return int(self._table.num_rows)

    @property
    def part(self) -> str:
        """Folder within the run that the rows lie in."""
        return self._places[0].part

    def place(self, row: int) -> tuple[Place, int]:
        """Return where a row comes from, and its number in that object."""
        at = int(np.searchsorted(self._begins, row, side="right")) - 1
        return self._places[at], self._places[at].first + row - int(self._begins[at])

    def of_questions(self, name: str) -> pa.Array:
        """Return a column of the questions; a field of a struct is named with a dot: "cost.seconds"."""
        first, _, rest = name.partition(".")
        declared = SCHEMA.field(first).type
        there = first in self._table.column_names and _fits(self._table.schema.field(first).type, declared)
        whole = self._table[first].chunk(0) if there and len(self) else pa.nulls(len(self), declared)
        return self._column("question", name, lambda: _field(whole, rest, declared) if rest else whole)

    def of_solutions(self, name: str) -> pa.Array:
        """Return a column of all solutions, in order."""
        return self._column("solution", name, lambda: _field(self._solutions, name, SOLUTION))

    def of_steps(self, name: str) -> pa.Array:
        """Return a column of all steps of all solutions, in order."""
        return self._column("step", name, lambda: _field(self._steps, name, STEP))

    def items(self, name: str) -> tuple[pa.Array, Ints]:
        """Return the items of a list column as structs, and the row that each belongs to.

        `name` is a column of questions ("cost.roles"), or "solutions.opinions" for one of solutions.
        """
        of_solution = name.startswith("solutions.")
        lists = self.of_solutions(name.partition(".")[2]) if of_solution else self.of_questions(name)
        return _flattened(lists)

    @cached_property
    def question_of_solution(self) -> Ints:
        """Row of the question of each solution."""
        return _parents(self._solution_lists)

    @cached_property
    def solutions_of_question(self) -> Ints:
        """Number of solutions of each question."""
        return _lengths(self._solution_lists)

    @cached_property
    def solution_of_step(self) -> Ints:
        """Number of the solution of each step."""
        return _parents(self._step_lists)

    @cached_property
    def place_of_step(self) -> Ints:
        """Index of each step in its solution, from 0."""
        lengths = self.steps_of_solution
        return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)

    @cached_property
    def steps_of_solution(self) -> Ints:
        """Number of steps of each solution."""
        return _lengths(self._step_lists)

    @cached_property
    def n_solutions(self) -> int:
        """Number of solutions of all rows."""
        return len(self._solutions)

    @cached_property
    def outcome(self) -> Ints:
        """Outcome of each solution, an index of `OUTCOMES`."""
        codes = numbers(pc.index_in(self.of_solutions("verdict"), value_set=_VERDICTS), UNJUDGED).astype(np.int64)
        return np.where(flags(pc.equal(self.of_solutions("finish_reason"), LENGTH)), TRUNCATED, codes)

    @cached_property
    def _solution_lists(self) -> pa.Array:
        return self.of_questions("solutions")

    @cached_property
    def _solutions(self) -> pa.Array:
        return self._solution_lists.flatten()

    @cached_property
    def _step_lists(self) -> pa.Array:
        return self.of_solutions("steps")

    @cached_property
    def _steps(self) -> pa.Array:
        return self._step_lists.flatten()

    def _column(self, of: str, name: str, make: Any) -> pa.Array:
        """Return a column, made once."""
        if (of, name) not in self._kept:
            self._kept[of, name] = make()
        return self._kept[of, name]


def numbers(column: pa.Array, missing: float = 0) -> NDArray[Any]:
    """Return a column of numbers as an array; what is null is `missing`."""
    filled = pc.fill_null(column, pa.scalar(missing).cast(column.type))
    return np.asarray(filled.to_numpy(zero_copy_only=False))


def flags(column: pa.Array) -> Bools:
    """Return a column of booleans as an array; what is null is False."""
    return np.asarray(pc.fill_null(column, False).to_numpy(zero_copy_only=False), dtype=bool)


def is_null(column: pa.Array) -> Bools:
    """Return where a column is null."""
    return np.asarray(pc.is_null(column).to_numpy(zero_copy_only=False), dtype=bool)


def taken(column: pa.Array, places: Ints) -> pa.Array:
    """Return the values of a column at some places."""
    return column.take(pa.array(places))


def metadata_value(metadata: pa.Array, *keys: str) -> pa.Array:
    """Return what a map column says under the first of `keys` that a row has; null where it has none of them."""
    values = pa.nulls(len(metadata), pa.string())
    for key in keys:
        values = pc.coalesce(values, pc.map_lookup(metadata, key, "first"))
    return values


def _field(values: pa.Array, name: str, declared: Any) -> pa.Array:
    """Return a field of structs; nulls where they have no such field.

    Args:
      values: structs as they were read.
      name: name of the field.
      declared: today's type of the structs, which says what the nulls are of.
    """
    wanted, at = declared.field(name).type, values.type.get_field_index(name) if _fits(values.type, declared) else -1
    if at < 0 or not _fits(values.type.field(at).type, wanted):
        return pa.nulls(len(values), wanted)
    # `field` would forget which of the structs are null.
    return pc.struct_field(values, name)


def _fits(kind: Any, declared: Any) -> bool:
    """Return True where a column is nested as it is declared to be; what is not may be of any simple type."""
    return bool(kind.id == declared.id or not pa.types.is_nested(declared))


def _flattened(lists: pa.Array) -> tuple[pa.Array, Ints]:
    """Return the items of a list column, and the row of each."""
    return lists.flatten(), _parents(lists)


def _lengths(lists: pa.Array) -> Ints:
    return numbers(pc.list_value_length(lists)).astype(np.int64)


def _parents(lists: pa.Array) -> Ints:
    lengths = _lengths(lists)
    return np.repeat(np.arange(len(lengths)), lengths)
