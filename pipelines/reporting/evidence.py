"""Later evidence on solutions: first errors of the same solutions in another folder, by people, more rollouts, …"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from factory.errors import BadInput
from factory.run_figures.confidence import UNKNOWN
from factory.run_figures.flat_rows import FlatRows, Ints, is_null, numbers
from factory.storage.store import Store
from pipelines.reporting.reading import part_of, read_through


class OtherFolder:
    """First errors of the solutions of another folder, by solution id: 24 bytes for each that it knows.

    A solution's id is a hash of question and text, so the same solution has the same id in both.
    """

    COLUMNS = ("solutions.solution_id", "solutions.first_error")

    def __init__(self, name: str, store: Store) -> None:
        """Read the folder. Raises `BadInput` where it holds no first error."""
        self.name = name
        self._ids: list[pa.Array] = []
        self._errors: list[Ints] = []
        read_through([part_of("", store)], [self])
        if not sum(map(len, self._ids)):
            raise BadInput(f"{name} knows no first error of any solution. Expected a folder of records with labels.")
        ids = pa.concat_arrays(self._ids)
        order = pc.sort_indices(ids)
        self._sorted, self._known = ids.take(order), np.concatenate(self._errors)[order.to_numpy()]
        del self._ids, self._errors

    def add(self, rows: FlatRows) -> None:
        """Add the first errors that some rows know."""
        errors = rows.of_solutions("first_error")
        known = ~is_null(errors)
        self._ids.append(rows.of_solutions("solution_id").filter(pa.array(known)))
        self._errors.append(numbers(errors)[known].astype(np.int64))

    def figures(self) -> dict[str, object]:
        """Return how many solutions it knows."""
        return {"solutions": len(self._known)}

    def first_errors(self, rows: FlatRows) -> Ints:
        """Return the first error of each solution, -1 for none, `UNKNOWN` where this folder says nothing."""
        places = pc.index_in(rows.of_solutions("solution_id"), value_set=self._sorted)
        missing = is_null(places)
        errors = self._known[numbers(places).astype(np.int64)]
        return np.where(missing, UNKNOWN, errors)
