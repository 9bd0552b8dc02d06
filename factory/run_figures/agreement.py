"""Agreement of samples: how often the answer that most of them give is right, by the share of them that give it.

It is the policy's own calibration, and needs no label: where four of five samples agree, is their answer right four
times of five? (Self-consistency as confidence, Wang et al., arXiv 2203.11171, sec. 3.5.)
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from factory.run_figures.accuracy import are_samples
from factory.run_figures.flat_rows import CORRECT, FlatRows, Ints, is_null, numbers
from factory.run_figures.grouped import share

CLASSES = 10


class Agreement:
    """Counts of questions with two samples and more, by the share of samples that give the most frequent answer."""

    COLUMNS = (
        "solutions.final_answer",
        *(f"solutions.{name}" for name in ("verdict", "finish_reason", "method", "independent", "hinted")),
        "solutions.occurrences",
    )

    def __init__(self) -> None:
        self._questions, self._right = np.zeros(CLASSES, dtype=np.int64), np.zeros(CLASSES, dtype=np.int64)
        self._shares = np.zeros(CLASSES)

    def add(self, rows: FlatRows) -> None:
        """Add some rows."""
        # Samples by question; those without an answer vote for nothing and count among all.
        sampled = np.flatnonzero(are_samples(rows))
        weights = numbers(rows.of_solutions("occurrences"), 1)[sampled].astype(np.int64)
        question = rows.question_of_solution[sampled]
        samples = np.bincount(question, weights=weights, minlength=len(rows))
        answers = rows.of_solutions("final_answer").take(pa.array(sampled))
        voted = ~is_null(answers)
        votes = (
            pa.table(
                {
                    "question": question[voted],
                    "answer": pc.cast(answers, pa.string()).filter(pa.array(voted)),
                    "votes": weights[voted],
                    "right": (rows.outcome[sampled][voted] == CORRECT).astype(np.int8),
                }
            )
            .group_by(["question", "answer"], use_threads=False)
            .aggregate([("votes", "sum"), ("right", "max")])
            .sort_by([("question", "ascending"), ("votes_sum", "descending"), ("answer", "ascending")])
        )
        # The first row of each question is its most frequent answer.
        asked = votes["question"].to_numpy()
        first = np.flatnonzero(np.diff(asked, prepend=-1))
        top, right = votes["votes_sum"].to_numpy()[first], votes["right_max"].to_numpy()[first]
        whole: Ints = samples[asked[first]].astype(np.int64)
        several = whole >= 2
        shares = top[several] / whole[several]
        classes = np.minimum((shares * CLASSES).astype(int), CLASSES - 1)
        self._questions += np.bincount(classes, minlength=CLASSES)
        self._right += np.bincount(classes, weights=right[several], minlength=CLASSES).astype(np.int64)
        self._shares += np.bincount(classes, weights=shares, minlength=CLASSES)

    def figures(self) -> dict[str, Any]:
        """Return a row per class of agreement that holds any question, and the expected calibration error."""
        rows: list[dict[str, Any]] = [
            {
                "agreement": f"{10 * place}–{10 * place + 10}%",
                "mean_agreement": float(self._shares[place] / count),
                "questions": int(count),
                "right": int(right),
                "share_right": float(right / count),
            }
            for place, (count, right) in enumerate(zip(self._questions, self._right, strict=True))
            if count
        ]
        gaps = sum(row["questions"] * abs(row["share_right"] - row["mean_agreement"]) for row in rows)
        return {"rows": rows, "calibration_error": share(gaps, int(self._questions.sum()))}
