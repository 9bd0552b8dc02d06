"""Failures by kind, each with an example: questions that failed, and texts that could not be judged.

Kinds come from messages, which may be of any number: past `MOST`, the rarest are put together as "other".
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from factory.run_figures.flat_rows import OUTCOMES, FlatRows, flags, taken

MOST = 400
LONGEST = 300
"""Characters of a message that are kept."""
_NUMBERS = re.compile(r"[0-9][0-9,.]*")
_JUDGED = np.array([name in ("correct", "incorrect", "unjudged") for name in OUTCOMES])


class Kinds:
    """Counts of kinds of events, a bounded number of them, each with the first example."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, ...]] = Counter()
        self._examples: dict[tuple[str, ...], dict[str, Any]] = {}
        self._other = 0

    def add(self, kind: tuple[str, ...], count: int, example: dict[str, Any]) -> None:
        """Count `kind` so many times more."""
        self._counts[kind] += count
        self._examples.setdefault(kind, example)
        if len(self._counts) > 2 * MOST:
            kept = dict(self._counts.most_common(MOST))
            self._other += sum(self._counts.values()) - sum(kept.values())
            self._counts = Counter(kept)
            self._examples = {kind: self._examples[kind] for kind in kept}

    def rows(self, names: tuple[str, ...], limit: int) -> list[dict[str, Any]]:
        """Return the most frequent kinds with their example, then how many there are of all others."""
        top = self._counts.most_common(limit)
        rows = [{**dict(zip(names, kind, strict=True)), "count": count, **self._examples[kind]} for kind, count in top]
        left = self._other + sum(self._counts.values()) - sum(count for _, count in top)
        return rows + [{**dict.fromkeys(names, "other"), "count": left}] * bool(left)


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
        looping = np.flatnonzero(flags(taken(rows.of_solutions("looping"), apart)))
        table = pa.table({"outcome": rows.outcome[apart], "reason": reason, "at": apart})
        grouped = table.group_by(["outcome", "reason"], use_threads=False).aggregate([("at", "count"), ("at", "min")])
        ids, solutions = rows.of_questions("question_id"), rows.of_solutions("solution_id")

        def example(at: int) -> dict[str, Any]:
            question = int(rows.question_of_solution[at])
            return {"question_id": ids[question].as_py(), "solution_id": solutions[at].as_py(), "part": rows.part}

        for row in grouped.to_pylist():
            outcome = OUTCOMES[row["outcome"]]
            # A text that was cut off was not judged, so nobody's reason says why.
            said = "" if outcome == "truncated" else _NUMBERS.sub("N", row["reason"] or "")[:LONGEST]
            self._texts.add((outcome, said), row["at_count"], example(row["at_min"]))
        if len(looping):
            kind = ("truncated", "in a loop (counted among the cut off ones, too)")
            self._texts.add(kind, len(looping), example(int(apart[looping[0]])))
