"""Agreement of samples: how often the answer that most of them give is right, by the share of them that give it.

It is the policy's own calibration, and needs no label: where four of five samples agree, is their answer right four
times of five? (Self-consistency as confidence, Wang et al., arXiv 2203.11171, sec. 3.5.)

Votes are counted as in `factory/evaluation/pass_at_k.py`: right answers are one, however they are written; wrong ones
are told apart by their normal form; what was cut off or cannot be read votes for nothing and counts among all. Where k
answers have most votes, a right one among them counts 1/k.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from factory.answers.normalise import normalise
from factory.records import samples
from factory.run_figures.flat_rows import CORRECT, TRUNCATED, UNPARSABLE, FlatRows, Floats, Ints, is_null, numbers
from factory.run_figures.grouped import share

CLASSES = 10


class Agreement:
    """Counts of questions with two samples and more, by the share of samples that give the most frequent answer.

    Those of each folder apart: in rounds the policies differ.
    """

    COLUMNS = (
        *(f"solutions.{name}" for name in (*samples.COLUMNS, "verdict", "finish_reason", "occurrences")),
        "solutions.final_answer",
    )

    def __init__(self) -> None:
        # Per folder: questions, sums of right ones and of shares, each by class.
        self._by_part: dict[str, Floats] = {}

    def add(self, rows: FlatRows) -> None:
        """Add some rows."""
        sampled = np.flatnonzero(samples.are_sampled(rows.of_solutions))
        weights = numbers(rows.of_solutions("occurrences"), 1)[sampled].astype(np.int64)
        question, outcome = rows.question_of_solution[sampled], rows.outcome[sampled]
        drawn = np.bincount(question, weights=weights, minlength=len(rows)).astype(np.int64)
        hits = weights * (outcome == CORRECT)
        right = np.bincount(question, weights=hits, minlength=len(rows)).astype(np.int64)
        # Wrong answers by question: the votes of the first of them, and how many have as many as the right one.
        answers = rows.of_solutions("final_answer").take(pa.array(sampled))
        voted = ~np.isin(outcome, (CORRECT, TRUNCATED, UNPARSABLE)) & ~is_null(answers)
        asked, votes = _votes(question[voted], answers.filter(pa.array(voted)), weights[voted])
        most_wrong = np.zeros(len(rows), dtype=np.int64)
        np.maximum.at(most_wrong, asked, votes)
        ties = np.bincount(asked, weights=votes == right[asked], minlength=len(rows))

        several = drawn >= 2
        top = np.maximum(right, most_wrong)[several]
        won = np.where((right > 0) & (right >= most_wrong), 1 / (1 + ties), 0)[several]
        shares = top / drawn[several]
        classes = np.minimum(top * CLASSES // drawn[several], CLASSES - 1)
        sums = self._by_part.setdefault(rows.part, np.zeros((3, CLASSES)))
        for at, each in enumerate((np.ones(len(top)), won, shares)):
            sums[at] += np.bincount(classes, weights=each, minlength=CLASSES)

    def figures(self) -> dict[str, Any]:
        """Return, by folder, a row per class of agreement that holds any question, and the mean gap between the two."""
        by_part = [{"part": part, **_figures(sums)} for part, sums in sorted(self._by_part.items()) if sums[0].any()]
        alone = by_part[0] if len(self._by_part) == 1 and by_part else {"rows": [], "calibration_error": None}
        return {"by_part": by_part, "rows": alone["rows"], "calibration_error": alone["calibration_error"]}


def _votes(question: Ints, answers: pa.Array, weights: Ints) -> tuple[Ints, Ints]:
    """Return the votes of each answer of each question, answers of one normal form together: questions, votes."""
    texts = pc.dictionary_encode(pc.cast(answers, pa.string()))
    forms: dict[str, int] = {}
    form = np.array([forms.setdefault(normalise(text), len(forms)) for text in texts.dictionary.to_pylist()], dtype=int)
    table = pa.table({"question": question, "form": form[np.asarray(texts.indices)], "votes": weights})
    votes = table.group_by(["question", "form"], use_threads=False).aggregate([("votes", "sum")])
    return votes["question"].to_numpy(), votes["votes_sum"].to_numpy()


def _figures(sums: Floats) -> dict[str, Any]:
    """Return the rows of one folder, with means over all its questions."""
    rows: list[dict[str, Any]] = [
        {
            "agreement": f"{10 * place}–{10 * place + 10}%",
            "mean_agreement": float(shares / count),
            "questions": int(count),
            "right": float(right),
            "share_right": float(right / count),
        }
        for place, (count, right, shares) in enumerate(zip(*sums, strict=True))
        if count
    ]
    questions, right, shares = (float(one.sum()) for one in sums)
    gaps = sum(row["questions"] * abs(row["share_right"] - row["mean_agreement"]) for row in rows)
    return {
        "questions": int(questions),
        "mean_agreement": share(shares, questions),
        "share_right": share(right, questions),
        "rows": rows,
        "calibration_error": share(gaps, questions),
    }
