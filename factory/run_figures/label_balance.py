"""Balance of step labels: right, wrong and withheld ones, by labeller, and by place in the solution."""

from __future__ import annotations

from typing import Any

import numpy as np

from factory.run_figures.flat_rows import FlatRows, is_null, numbers
from factory.run_figures.grouped import Sums, histogram

PLACES = 20
"""Places that have a row of their own; the last stands for all behind it, too."""
LABELS = {"right": 1, "wrong": -1, "withheld": 0}


class LabelBalance:
    """Counts of labelled steps. Solutions that no labeller has looked at are left out."""

    COLUMNS = ("solutions.labeller", "solutions.steps.label")

    def __init__(self) -> None:
        self._by_labeller = Sums(("labeller",), ("steps", *LABELS))
        self._by_place = {name: np.zeros(PLACES) for name in LABELS}

    def add(self, rows: FlatRows) -> None:
        """Add some rows."""
        labels = numbers(rows.of_steps("label"), 0)
        labeller = rows.of_solutions("labeller")
        looked_at = ~is_null(labeller)[rows.solution_of_step]
        masks = {name: (labels == label) & looked_at for name, label in LABELS.items()}
        # By solution first: their labellers are fewer texts to compare than those of steps.
        by_solution = {
            name: np.bincount(rows.solution_of_step[mask], minlength=rows.n_solutions)
            for name, mask in {"steps": looked_at, **masks}.items()
        }
        self._by_labeller.add({"labeller": labeller}, by_solution)
        for name, mask in masks.items():
            self._by_place[name] += histogram(rows.place_of_step, mask, PLACES)

    def figures(self) -> dict[str, Any]:
        """Return a row per labeller, and a row per place from 1."""
        by_place = [
            {"place": place + 1, **{name: int(counts[place]) for name, counts in self._by_place.items()}}
            for place in range(PLACES)
        ]
        last = max((row["place"] for row in by_place if sum(row[name] for name in LABELS)), default=0)
        by_labeller = [row for row in self._by_labeller.rows() if row["steps"]]
        return {"by_labeller": by_labeller, "by_place": by_place[:last]}
