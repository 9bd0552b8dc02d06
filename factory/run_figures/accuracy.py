"""Accuracy of the policy by source and level, and how hard the questions are for it.

Counted are independent samples, as often as they came: what a search has guided, a labeller asked for or a hint has led
to is none. Right are those that are judged right; one that was cut off or cannot be read is not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow.compute as pc

from factory.rollouts.nodes import GIVEN, PROBE
from factory.run_figures.flat_rows import CORRECT, INCORRECT, Bools, FlatRows, flags, metadata_value, numbers
from factory.run_figures.grouped import Sums
from factory.types import LEVEL_KEYS

SHARES = 10
"""Classes of the share of a question's samples that is right, besides none and all."""
COLUMNS = (
    *("source", "metadata"),
    *(f"solutions.{name}" for name in ("verdict", "finish_reason", "method", "independent", "hinted", "occurrences")),
)


def are_samples(rows: FlatRows) -> Bools:
    """Return which solutions are independent samples of the policy."""
    method = rows.of_solutions("method")
    others = flags(pc.or_(pc.equal(method, PROBE), pc.equal(method, GIVEN)))
    # Rows of earlier versions say nothing of independence, and all of theirs are independent.
    dependent = flags(pc.invert(rows.of_solutions("independent")))
    return ~(others | dependent | flags(rows.of_solutions("hinted")))


class Accuracy:
    """Counts of samples by source and level, and of questions by the share of their samples that is right."""

    COLUMNS = COLUMNS

    def __init__(self) -> None:
        amounts = ("questions", "solved", "samples", "right", "wrong")
        self._by_group = Sums(("source", "level"), amounts)
        # None right, up to a tenth, …, up to nine tenths and more, all.
        self._hardness = np.zeros(SHARES + 2, dtype=np.int64)

    def add(self, rows: FlatRows) -> None:
        """Add some rows."""
        weights = np.where(are_samples(rows), numbers(rows.of_solutions("occurrences"), 1), 0).astype(np.int64)
        by_question = [
            np.bincount(rows.question_of_solution, weights=weights * mask, minlength=len(rows)).astype(np.int64)
            for mask in (True, rows.outcome == CORRECT, rows.outcome == INCORRECT)
        ]
        samples, right, wrong = by_question
        asked = samples > 0
        amounts = {"questions": asked, "solved": right > 0, "samples": samples, "right": right, "wrong": wrong}
        level = metadata_value(rows.of_questions("metadata"), *LEVEL_KEYS)
        self._by_group.add({"source": rows.of_questions("source"), "level": level}, amounts)
        shares = right[asked] / samples[asked]
        classes = np.where(shares == 0, 0, np.where(shares == 1, SHARES + 1, 1 + (shares * SHARES).astype(int)))
        self._hardness += np.bincount(classes, minlength=SHARES + 2)

    def figures(self) -> dict[str, Any]:
        """Return a row per source and level, per source, per level, and the numbers of questions by share right."""
        rows = [row for row in self._by_group.rows() if row["questions"]]
        return {
            "by_source_and_level": [_with_shares(row) for row in rows],
            "by_source": _summed(rows, "source"),
            "by_level": _summed(rows, "level"),
            "hardness": [
                {"share": name, "questions": int(count)} for name, count in zip(_classes(), self._hardness, strict=True)
            ],
        }


def _classes() -> list[str]:
    between = [f"{10 * place}–{10 * place + 10}%" for place in range(SHARES)]
    return ["none", *between, "all"]


def _summed(rows: list[dict[str, Any]], by: str) -> list[dict[str, Any]]:
    sums = Sums((by,), ("questions", "solved", "samples", "right", "wrong"))
    for row in rows:
        sums.count((row[by],), [row[name] for name in ("questions", "solved", "samples", "right", "wrong")])
    return [_with_shares(row) for row in sums.rows()]


def _with_shares(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "accuracy": row["right"] / row["samples"], "share_solved": row["solved"] / row["questions"]}
