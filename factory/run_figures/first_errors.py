"""Places of first errors, from the beginning and as a share of the solution, and what is known of the rest."""

from __future__ import annotations

from typing import Any

import numpy as np

from factory.run_figures.flat_rows import CORRECT, INCORRECT, FlatRows, flags, is_null, numbers
from factory.run_figures.grouped import histogram

PLACES, TENTHS = 20, 10


class FirstErrors:
    """Counts of first errors by place, and of judged solutions by what is known of their steps."""

    COLUMNS = (
        *(f"solutions.{name}" for name in ("verdict", "finish_reason", "first_error", "contradicted", "labeller")),
        *("solutions.flawed", "solutions.steps.label"),
    )

    def __init__(self) -> None:
        self._places, self._tenths = np.zeros(PLACES), np.zeros(TENTHS)
        self._known = {
            (answer, known): 0
            for answer in ("right", "wrong")
            for known in ("no error", "first error known", "contradicted", "not known", "not looked into")
        }

    def add(self, rows: FlatRows) -> None:
        """Add some rows."""
        column = rows.of_solutions("first_error")
        first = numbers(column, -2)
        located = first >= 0
        self._places += histogram(first[located], None, PLACES)
        # The middle of the step, as a share of the solution: the first of ten steps is in the first tenth.
        middle = (first[located] + 0.5) / np.maximum(rows.steps_of_solution[located], 1)
        self._tenths += histogram(np.minimum(middle * TENTHS, TENTHS - 1).astype(int), None, TENTHS)

        contradicted = flags(rows.of_solutions("contradicted"))
        untouched = is_null(rows.of_solutions("labeller")) & is_null(column) & ~contradicted
        masks = {
            "no error": (first == -1) & ~contradicted,
            "first error known": located & ~contradicted,
            "contradicted": contradicted,
            "not looked into": untouched,
            "not known": is_null(column) & ~contradicted & ~untouched,
        }
        for answer, code in (("right", CORRECT), ("wrong", INCORRECT)):
            for known, mask in masks.items():
                self._known[answer, known] += int((mask & (rows.outcome == code)).sum())

    def figures(self) -> dict[str, Any]:
        """Return a row per place from 1, a row per tenth of the solution, and what is known of judged solutions."""
        last = max((place + 1 for place, count in enumerate(self._places) if count), default=0)
        return {
            "by_place": [{"step": at + 1, "first_errors": int(self._places[at])} for at in range(last)],
            "by_share": [
                {"share": f"{10 * at}–{10 * at + 10}%", "first_errors": int(count)}
                for at, count in enumerate(self._tenths)
            ],
            "known": [
                {"answer": answer, "known": known, "solutions": count}
                for (answer, known), count in self._known.items()
                if count
            ],
        }
