"""Opinions of sources other than rollouts (critics, equations, reward models) on first errors, against the label given.

The label has weighed these opinions: agreement says how much a source was believed, not how often it is right.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from factory.run_figures.flat_rows import FlatRows, is_null, numbers
from factory.run_figures.grouped import Sums

AMOUNTS = ("opinions", "labelled", "same", "early", "late", "missed", "false_alarms")


class Sources:
    """Counts of opinions by source: the label's first error, an earlier or later one, none, or one where none is."""

    COLUMNS = ("solutions.first_error", "solutions.opinions.source", "solutions.opinions.first_error")

    def __init__(self) -> None:
        self._by_source = Sums(("source",), AMOUNTS)

    def add(self, rows: FlatRows) -> None:
        """Add some rows."""
        opinions, solution = rows.items("solutions.opinions")
        if not len(opinions):
            return
        label = rows.of_solutions("first_error").take(solution)
        known = ~is_null(label)
        said, given = numbers(opinions.field("first_error"), -1), numbers(label, -1)
        amounts = {
            "opinions": np.ones(len(opinions), dtype=int),
            "labelled": known,
            "same": known & (said == given),
            "early": known & (said >= 0) & (said < given),
            "late": known & (given >= 0) & (said > given),
            "missed": known & (said < 0) & (given >= 0),
            "false_alarms": known & (said >= 0) & (given < 0),
        }
        self._by_source.add({"source": opinions.field("source")}, amounts)

    def figures(self) -> dict[str, Any]:
        """Return a row per source."""
        return {"rows": self._by_source.rows()}
