"""Part of an index: the facts of some questions and of their solutions, as arrays to be filtered at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from factory.browsing.facts import joined

Array = NDArray[Any]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRows:
    """Object of a run whose rows are in a part.

    Attributes:
      name: name of the object in the run's folder.
      mark: size and mark of the object when it was read: another object of this name has another one.
      rows: number of its records.
    """

    name: str
    mark: str
    rows: int


@dataclass(slots=True, kw_only=True)
class Part:
    """Facts of the records of some objects, in order.

    Attributes:
      objects: the objects, whose rows follow each other.
      questions: table of `factory.browsing.facts.QUESTIONS`, each column in one piece.
      solutions: table of `factory.browsing.facts.SOLUTIONS`, likewise.
      gone: True for questions whose object was superseded or deleted since; None where none was.
      first: number of its first question in the index.
    """

    objects: tuple[ObjectRows, ...]
    questions: pa.Table
    solutions: pa.Table
    gone: Mask | None = None
    first: int = 0
    _kept: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.questions.num_rows)

    @property
    def there(self) -> int:
        """Number of questions that are not gone."""
        return len(self) - (0 if self.gone is None else int(self.gone.sum()))

    def values(self, name: str) -> Array:
        """Return a column of numbers; of its memory nothing is copied."""
        return np.asarray(self._column(name).to_numpy(zero_copy_only=True))

    def codes(self, name: str) -> Array:
        """Return a column of names as numbers: places in `names(name)`."""
        if name == "part":
            return np.repeat(np.array(self._folders()[1], np.int32), [one.rows for one in self.objects])
        return np.asarray(self._column(name).indices.to_numpy(zero_copy_only=True))

    def names(self, name: str) -> list[str]:
        """Return the names of a column; the same may be there twice, unless the part is of one piece."""
        if name == "part":
            return self._folders()[0]
        return list(self._column(name).dictionary.to_pylist())

    def starts(self) -> Array:
        """Return the place of each question's first solution, and behind the last one the number of solutions."""
        starts = np.zeros(len(self) + 1, np.int32)
        np.cumsum(self.values("solutions"), out=starts[1:])
        return starts

    def owners(self) -> Array:
        """Return the question of each solution."""
        return np.repeat(np.arange(len(self), dtype=np.int32), self.values("solutions"))

    def places_of(self, rows: Array) -> list[tuple[str, int]]:
        """Return for some questions the object that each lies in, and its row there."""
        ends = np.cumsum([one.rows for one in self.objects])
        places = np.searchsorted(ends, rows, side="right")
        return [
            (self.objects[place].name, row - int(ends[place]) + self.objects[place].rows)
            for place, row in zip(places.tolist(), rows.tolist(), strict=True)
        ]

    def place_of(self, row: int) -> tuple[str, int]:
        """Return the object that a question lies in, and its row there."""
        return self.places_of(np.array([row]))[0]

    def rows_with(self, ids: Sequence[str], *, begins: bool = False) -> Array:
        """Return the questions with one of some ids, or those whose id `begins` with the only one of them."""
        column = self._column("question_id")
        there = pc.starts_with(column, ids[0]) if begins else pc.is_in(column, pa.array(ids, pa.string()))
        return np.flatnonzero(np.asarray(there, bool))

    def question_ids(self, rows: Array) -> list[str]:
        """Return the ids of some questions."""
        return [str(one) for one in self._column("question_id").take(pa.array(rows)).to_pylist()]

    def _column(self, name: str) -> Any:
        if name not in self._kept:
            table = self.questions if name in self.questions.column_names else self.solutions
            column = table[name]
            self._kept[name] = column.chunk(0) if column.num_chunks else pa.array([], column.type)
        return self._kept[name]

    def _folders(self) -> tuple[list[str], list[int]]:
        """Return the folders that the objects lie in, "" for the run's own, and the place of each object's there."""
        places: dict[str, int] = {}
        codes = [places.setdefault(folder_of(one.name), len(places)) for one in self.objects]
        return list(places), codes


def folder_of(name: str) -> str:
    """Return the inner run that an object belongs to; "" for the folder's own."""
    return name.rpartition("data/")[0].rstrip("/")


def of_objects(objects: Sequence[ObjectRows], questions: Sequence[pa.Table], solutions: Sequence[pa.Table]) -> Part:
    """Return the part that objects make, of their tables in the same order."""
    return Part(objects=tuple(objects), questions=joined(questions), solutions=joined(solutions))


def together(parts: Sequence[Part]) -> Part:
    """Return several parts as one, in their order."""
    whole = of_objects(
        [one for part in parts for one in part.objects],
        [part.questions for part in parts],
        [part.solutions for part in parts],
    )
    if any(part.gone is not None for part in parts):
        whole.gone = np.concatenate([np.zeros(len(part), bool) if part.gone is None else part.gone for part in parts])
    return whole
