"""Accuracy of the policy by source and level, and how hard the questions are for it.

Counted are independent samples of the policy (`factory/records/samples.py`), as often as they came. Right are those
that are judged right; one that was cut off or cannot be read is not.

Where a folder holds several runs, such as rounds, each is counted by itself: their policies differ, and their questions
may be the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from factory.records import samples
from factory.run_figures.flat_rows import CORRECT, INCORRECT, FlatRows, metadata_value, numbers
from factory.run_figures.grouped import Sums, share
from factory.run_figures.levels import Levels, Names
from factory.types import LEVEL_KEYS

SHARES = 10
"""Classes of the share of a question's samples that is right, besides none and all."""
MOST = 40
"""Sources, and levels, that have a name of their own."""
AMOUNTS = ("questions", "solved", "samples", "right", "wrong")


class Accuracy:
    """Counts of samples by source and level and by folder, and of questions by the share of samples that is right."""

    COLUMNS = (
        *("source", "metadata"),
        *(f"solutions.{name}" for name in (*samples.COLUMNS, "verdict", "finish_reason", "occurrences")),
    )

    def __init__(self) -> None:
        self._by_part, self._by_group = Sums(("part",), AMOUNTS), Sums(("source", "level"), AMOUNTS)
        self._sources, self._levels = Names(MOST), Levels(MOST)
        # None right, up to a tenth, …, up to nine tenths and more, all.
        self._hardness = np.zeros(SHARES + 2, dtype=np.int64)

    def add(self, rows: FlatRows) -> None:
        """Add some rows."""
        sampled = samples.are_sampled(rows.of_solutions)
        weights = np.where(sampled, numbers(rows.of_solutions("occurrences"), 1), 0).astype(np.int64)
        by_question = [
            np.bincount(rows.question_of_solution, weights=weights * mask, minlength=len(rows)).astype(np.int64)
            for mask in (True, rows.outcome == CORRECT, rows.outcome == INCORRECT)
        ]
        drawn, right, wrong = by_question
        asked = drawn > 0
        amounts = {"questions": asked, "solved": right > 0, "samples": drawn, "right": right, "wrong": wrong}
        self._by_part.add({"part": rows.part}, amounts)
        self._add_groups(rows, amounts)
        tenths = right[asked] * SHARES // drawn[asked]
        classes = np.where(right[asked] == 0, 0, 1 + tenths)
        self._hardness += np.bincount(classes, minlength=SHARES + 2)

    def _add_groups(self, rows: FlatRows, amounts: dict[str, Any]) -> None:
        """Add the counts of each source and level, under as many names as there may be."""
        level = metadata_value(rows.of_questions("metadata"), *LEVEL_KEYS)
        batch = Sums(("source", "level"), AMOUNTS)
        batch.add({"source": rows.of_questions("source"), "level": level}, amounts)
        for (source, own_level), sums in batch:
            if sums["questions"]:
                key = (self._sources.name(source), self._levels.name(own_level))
                self._by_group.count(key, list(sums.values()))
        if renamed := self._levels.widen():
            self._by_group.rename(lambda key: (key[0], renamed.get(key[1], key[1])))

    def figures(self) -> dict[str, Any]:
        """Return a row per folder; of a single one also a row per source and level, per source, per level, and the
        numbers of questions by share right."""
        parts = self._by_part.rows()
        rows = self._by_group.rows() if len(parts) == 1 else []
        rows.sort(key=lambda row: (row["source"] is None, row["source"], self._levels.order(row["level"])))
        by_level = _summed(rows, "level")
        by_level.sort(key=lambda row: self._levels.order(row["level"]))
        hardness = zip(_classes(), self._hardness, strict=True) if rows else ()
        return {
            "by_part": [_with_shares(row) for row in parts if row["questions"]],
            "by_source_and_level": [_with_shares(row) for row in rows],
            "by_source": _summed(rows, "source"),
            "by_level": by_level,
            "levels_are_intervals": self._levels.are_intervals,
            "hardness": [{"share": name, "questions": int(count)} for name, count in hardness],
        }


def _classes() -> list[str]:
    between = [f"{10 * place}–{10 * place + 10}%" for place in range(SHARES)]
    return ["none", *between, "all"]


def _summed(rows: list[dict[str, Any]], by: str) -> list[dict[str, Any]]:
    sums = Sums((by,), AMOUNTS)
    for row in rows:
        sums.count((row[by],), [row[name] for name in AMOUNTS])
    return [_with_shares(row) for row in sums.rows()]


def _with_shares(row: dict[str, Any]) -> dict[str, Any]:
    return {
        **row,
        "accuracy": share(row["right"], row["samples"]),
        "share_solved": share(row["solved"], row["questions"]),
    }
