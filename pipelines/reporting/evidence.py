"""Later evidence on solutions: first errors of the same solutions in another folder, by people, more rollouts, …"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from factory.errors import BadInput
from factory.run_figures.confidence import UNKNOWN
from factory.run_figures.flat_rows import FlatRows, Ints, is_null, numbers
from factory.storage.store import Store
from factory.types import content_id
from pipelines.reporting.reading import Read, parts_of, read_through, unreadable

Ids = NDArray[np.uint64]
_OF_THE_FACTORY = re.compile(r"[0-9a-f]{16}")


class OtherFolder:
    """First errors of the solutions of another folder, by solution id: 16 bytes for each that it knows.

    A solution's id is a hash of question and text, so the same solution has the same id in both. Where it was cut into
    another number of steps, its first error says nothing of these.

    Attributes:
      name: the folder.
      read: what was read of it, and what could not be.
      otherwise_cut: solutions that were asked for and are cut otherwise there.
    """

    COLUMNS = ("solutions.solution_id", "solutions.first_error", "solutions.steps.label")

    def __init__(self, name: str, store: Store) -> None:
        """Read the folder, or the runs within it. Raises `BadInput` where it holds no first error."""
        self.name = name
        self.otherwise_cut = 0
        self._batches: list[tuple[Ids, Ints, Ints]] = []
        self.read: Read = read_through(parts_of(store), [self])
        if not self._batches:
            raise unreadable(name, self.read)
        ids, errors, steps = (np.concatenate(column) for column in zip(*self._batches, strict=True))
        if not len(ids):
            raise BadInput(f"{name} knows no first error of any solution. Expected a folder of records with labels.")
        del self._batches
        # Of a solution that is there several times the first one counts.
        order = np.argsort(ids, kind="stable")
        self._ids, self._errors, self._steps = ids[order], errors[order], steps[order]

    def add(self, rows: FlatRows) -> None:
        """Add the first errors that some rows know."""
        errors = rows.of_solutions("first_error")
        known = ~is_null(errors)
        ids = in_numbers(rows.of_solutions("solution_id").filter(pa.array(known)))
        self._batches.append(
            (ids, numbers(errors)[known].astype(np.int32), rows.steps_of_solution[known].astype(np.int32))
        )

    def figures(self) -> dict[str, object]:
        """Return how many solutions it knows."""
        return {"solutions": len(self._ids)}

    def first_errors(self, rows: FlatRows) -> Ints:
        """Return the first error of each solution, -1 for none, `UNKNOWN` where this folder says nothing."""
        wanted = in_numbers(rows.of_solutions("solution_id"))
        places = np.minimum(np.searchsorted(self._ids, wanted), len(self._ids) - 1)
        there = self._ids[places] == wanted
        same = self._steps[places] == rows.steps_of_solution
        self.otherwise_cut += int((there & ~same).sum())
        return np.where(there & same, self._errors[places], UNKNOWN)


def in_numbers(ids: pa.Array) -> Ids:
    """Return ids as numbers: those of the factory are 16 hex digits; others are hashed to as many."""
    texts = ids.fill_null("")
    try:
        fixed = texts.cast(pa.binary()).cast(pa.binary(16))
        digits = bytes(fixed.buffers()[1] or b"")[16 * fixed.offset : 16 * (fixed.offset + len(fixed))]
        values = np.frombuffer(bytes.fromhex(digits.decode("ascii")), dtype=">u8")
        if len(values) == len(ids):
            return values.astype(np.uint64)
    except (pa.ArrowInvalid, ValueError):
        pass
    return np.array([_number(text) for text in texts.to_pylist()], dtype=np.uint64)


def _number(text: str) -> int:
    return int(text if _OF_THE_FACTORY.fullmatch(text) else content_id(text), 16)
