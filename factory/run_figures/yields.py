"""Yields of a run: what became of its solutions, by folder, method, round and role of the model that wrote them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow.compute as pc

from factory.run_figures.flat_rows import CORRECT, OUTCOMES, FlatRows, flags, numbers
from factory.run_figures.grouped import Sums


class Yields:
    """Counts of questions and solutions.

    * `solutions`: different texts; `written`: how often they came, so that repeats count.
    * `accepted`: right, or wrong with the first wrong step located, as `factory status` counts them.
    """

    COLUMNS = (
        "question_id",
        "status",
        *(f"solutions.{name}" for name in ("verdict", "finish_reason", "method", "round", "role", "occurrences")),
        *("solutions.first_error", "solutions.contradicted", "solutions.flawed", "solutions.hinted"),
    )

    def __init__(self) -> None:
        amounts = ("solutions", "written", *OUTCOMES, "first_errors", "accepted", "contradicted", "flawed", "hinted")
        self._solutions = Sums(("part", "method", "round", "role"), amounts)
        self._questions = Sums(("part",), ("questions", "failed"))

    def add(self, rows: FlatRows) -> None:
        """Add some rows."""
        failed = flags(pc.equal(rows.of_questions("status"), "failed"))
        self._questions.add({"part": rows.part}, {"questions": np.ones(len(rows), dtype=int), "failed": failed})
        outcome = rows.outcome
        located = numbers(rows.of_solutions("first_error"), -1) >= 0
        amounts: dict[str, Any] = {name: outcome == code for code, name in enumerate(OUTCOMES)}
        amounts |= {"first_errors": located, "accepted": (outcome == CORRECT).astype(int) + located}
        amounts |= {"solutions": np.ones(rows.n_solutions, dtype=int)}
        amounts |= {"written": numbers(rows.of_solutions("occurrences"), 1)}
        amounts |= {name: flags(rows.of_solutions(name)) for name in ("contradicted", "flawed", "hinted")}
        keys = {name: rows.of_solutions(name) for name in ("method", "round", "role")}
        self._solutions.add({"part": rows.part, **keys}, amounts)

    def figures(self) -> dict[str, Any]:
        """Return counts by folder, the rows of the table, and sums over all."""
        rows, questions = self._solutions.rows(), self._questions.rows()
        names = [name for name in rows[0] if name not in ("part", "method", "round", "role")] if rows else []
        total = {name: sum(row[name] for row in rows) for name in names}
        total |= {name: sum(row[name] for row in questions) for name in ("questions", "failed")}
        return {"total": total, "questions": questions, "rows": rows}
