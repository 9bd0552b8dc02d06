"""Yields of a run: what became of its solutions, by folder, method, round and role of the model that wrote them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow.compute as pc

from factory.rollouts.nodes import GIVEN
from factory.run_figures.flat_rows import CORRECT, INCORRECT, OUTCOMES, FlatRows, flags, is_null, numbers
from factory.run_figures.grouped import Sums

COUNTS = (
    *("solutions", "written", "given", *OUTCOMES),
    *("first_errors", "wrong_located", "accepted", "contradicted", "flawed", "hinted"),
)


class Yields:
    """Counts of questions and solutions.

    * `solutions`: different texts; `written`: how often they came, so that repeats count.
    * `given`: those of them that were there before, as questions' own solutions or those of another run.
    * `first_errors`: texts with the first wrong step located; `wrong_located`: those with a wrong answer among them.
    * `accepted`: right, or with the first wrong step located, each text once. A given one is accepted only where a
      labeller has worked on it here, so that a run that only scores another's solutions accepts none of them anew.
      `factory status`, `stats.json` and dataset cards estimate the same by footers, which do not tell given and
      unaudited texts apart, and may say more (`accepted` in `factory/spending.py`).
    """

    COLUMNS = (
        "status",
        *(f"solutions.{name}" for name in ("verdict", "finish_reason", "method", "round", "role", "occurrences")),
        *(f"solutions.{name}" for name in ("first_error", "contradicted", "flawed", "hinted", "labeller")),
    )

    def __init__(self) -> None:
        self._solutions = Sums(("part", "method", "round", "role"), COUNTS)
        self._questions = Sums(("part",), ("questions", "failed"))

    def add(self, rows: FlatRows) -> None:
        """Add some rows."""
        failed = flags(pc.equal(rows.of_questions("status"), "failed"))
        self._questions.add({"part": rows.part}, {"questions": np.ones(len(rows), dtype=int), "failed": failed})
        outcome = rows.outcome
        located = numbers(rows.of_solutions("first_error"), -1) >= 0
        given = flags(pc.equal(rows.of_solutions("method"), GIVEN))
        untouched = given & is_null(rows.of_solutions("labeller"))
        amounts: dict[str, Any] = {name: outcome == code for code, name in enumerate(OUTCOMES)}
        amounts |= {"first_errors": located, "wrong_located": located & (outcome == INCORRECT), "given": given}
        amounts |= {"accepted": ((outcome == CORRECT) | located) & ~untouched}
        amounts |= {"solutions": np.ones(rows.n_solutions, dtype=int)}
        amounts |= {"written": numbers(rows.of_solutions("occurrences"), 1)}
        amounts |= {name: flags(rows.of_solutions(name)) for name in ("contradicted", "flawed", "hinted")}
        keys = {name: rows.of_solutions(name) for name in ("method", "round", "role")}
        self._solutions.add({"part": rows.part, **keys}, amounts)

    def figures(self) -> dict[str, Any]:
        """Return the rows of the table, sums by folder, and sums over all, where each folder counts."""
        rows = self._solutions.rows()
        by_part = [
            {**row, **{name: sum(one[name] for one in rows if one["part"] == row["part"]) for name in COUNTS}}
            for row in self._questions.rows()
        ]
        names = ("questions", "failed", *COUNTS)
        return {"total": {name: sum(row[name] for row in by_part) for name in names}, "by_part": by_part, "rows": rows}
