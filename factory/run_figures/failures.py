"""Failures by kind, each with an example: questions that failed, and texts that could not be judged.

Kinds come from messages, which may be of any number: the rarest are put together as "other". A text is of one kind.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from factory.run_figures.flat_rows import OUTCOMES, FlatRows, flags, taken

MOST = 2000
"""Kinds that are kept when there are too many."""
LONGEST = 300
"""Characters of a message that are kept."""
IN_A_LOOP = "in a loop"
_NUMBERS = re.compile(r"[0-9][0-9,.]*")
_JUDGED = np.array([name in ("correct", "incorrect", "unjudged") for name in OUTCOMES])


class Kinds:
    """Counts of kinds of events, a bounded number of them, each with the first example.

    Where there are too many kinds, the rarest half is forgotten. A kind that comes after that may have been forgotten
    before, at most as often as the most frequent forgotten one: its count is a lower bound, and how much it may lack is
    told. Whatever came more often than one in `MOST` is there (Misra and Gries, Sci. Comput. Program. 2(2), 1982).
    """

    def __init__(self) -> None:
        # Per kind: how often it came since it is here, and how often it may have come before.
        self._counts: dict[tuple[str, ...], list[int]] = {}
        self._examples: dict[tuple[str, ...], dict[str, Any]] = {}
        self._total = self._most_forgotten = 0

    def add(self, kind: tuple[str, ...], count: int, example: dict[str, Any]) -> None:
        """Count `kind` so many times more."""
        self._total += count
        self._counts.setdefault(kind, [0, self._most_forgotten])[0] += count
        self._examples.setdefault(kind, example)
        if len(self._counts) > 2 * MOST:
            ordered = sorted(self._counts, key=lambda one: sum(self._counts[one]), reverse=True)
            self._most_forgotten = sum(self._counts[ordered[MOST]])
            self._counts = {kind: self._counts[kind] for kind in ordered[:MOST]}
            self._examples = {kind: self._examples[kind] for kind in ordered[:MOST]}

    def rows(self, names: tuple[str, ...], limit: int) -> list[dict[str, Any]]:
        """Return the most frequent kinds with their example, then how many there are of all others.

        "lacking" is how many more there may be of a kind than its "count", which is 0 for most.
        """
        top = sorted(self._counts, key=lambda one: self._counts[one][0], reverse=True)[:limit]
        rows = [
            {
                **dict(zip(names, kind, strict=True)),
                **{"count": self._counts[kind][0], "lacking": self._counts[kind][1]},
                **self._examples[kind],
            }
            for kind in top
        ]
        left = self._total - sum(row["count"] for row in rows)
        return rows + [{**dict.fromkeys(names, "other"), "count": left, "lacking": 0}] * bool(left)


class Failures:
    """Counts of failed questions by stage and type, and of texts that could not be judged by what the checker said."""

    COLUMNS = (
        *("question_id", "status", "failure"),
        *(f"solutions.{name}" for name in ("solution_id", "verdict", "verdict_reason", "finish_reason", "looping")),
    )

    def __init__(self) -> None:
        self._questions, self._texts = Kinds(), Kinds()

    def add(self, rows: FlatRows) -> None:
        """Add some rows."""
        self._add_questions(rows)
        self._add_texts(rows)

    def figures(self, limit: int = 20) -> dict[str, Any]:
        """Return a row per kind of failure, the most frequent first."""
        return {
            "questions": self._questions.rows(("stage", "type", "kind"), limit),
            "texts": self._texts.rows(("outcome", "reason"), limit),
        }

    def _add_questions(self, rows: FlatRows) -> None:
        failed = np.flatnonzero(flags(pc.equal(rows.of_questions("status"), "failed")))
        ids = taken(rows.of_questions("question_id"), failed).to_pylist()
        for question, failure in zip(ids, taken(rows.of_questions("failure"), failed).to_pylist(), strict=True):
            failure = failure or {}
            message = str(failure.get("message") or "")[:LONGEST]
            kind = (str(failure.get("stage")), str(failure.get("type")), _NUMBERS.sub("N", message)[:120])
            self._questions.add(kind, 1, {"message": message, "question_id": question, "part": rows.part})

    def _add_texts(self, rows: FlatRows) -> None:
        apart = np.flatnonzero(~_JUDGED[rows.outcome])
        reason = taken(rows.of_solutions("verdict_reason"), apart)
        looping = flags(taken(rows.of_solutions("looping"), apart))
        table = pa.table({"outcome": rows.outcome[apart], "reason": reason, "looping": looping, "at": apart})
        kinds = ["outcome", "reason", "looping"]
        grouped = table.group_by(kinds, use_threads=False).aggregate([("at", "count"), ("at", "min")])
        ids, solutions = rows.of_questions("question_id"), rows.of_solutions("solution_id")

        def example(at: int) -> dict[str, Any]:
            question = int(rows.question_of_solution[at])
            return {"question_id": ids[question].as_py(), "solution_id": solutions[at].as_py(), "part": rows.part}

        for row in grouped.to_pylist():
            outcome = OUTCOMES[row["outcome"]]
            said = _NUMBERS.sub("N", row["reason"] or "")[:LONGEST]
            if outcome == "truncated":
                # It was not judged, so nobody's reason says why.
                said = IN_A_LOOP if row["looping"] else ""
            self._texts.add((outcome, said), row["at_count"], example(row["at_min"]))
