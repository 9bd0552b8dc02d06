"""Scores of provers and of the verifier that they play with, read off the records of their runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from factory.evaluation.best_of_n import pick
from factory.evaluation.verifier_scores import auc
from factory.export.flat_rows import is_judged, is_right

CONVINCED = 0.5
"""Score from which on a solution convinces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProverScores:
    """Shares over the solutions of a prover, a text as often as it came, averaged over `questions`.

    * `right`, `wrong`: shares judged so, with the standard errors of these means over questions (None for a single
      one). The rest could not be judged.
    * `convincing_wrong`: share that is wrong and convinces the verifier.
    * `score`, `score_right`, `score_wrong`: mean scores of all that have one, of the right and of the wrong ones; None
      where there are none.
    """

    questions: int
    samples: int
    right: float
    right_error: float | None
    wrong: float
    wrong_error: float | None
    convincing_wrong: float
    score: float | None
    score_right: float | None
    score_wrong: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """Scores of a verifier on solutions that were judged.

    * `accuracy`: share on the right side of `CONVINCED`. `auc`: area under the ROC curve.
    * `score_right`, `score_wrong`: mean scores of right and of wrong solutions. All are None where there are none.
    """

    solutions: int
    accuracy: float | None
    auc: float | None
    score_right: float | None
    score_wrong: float | None


def prover_scores(records: Iterable[Mapping[str, Any]]) -> ProverScores:
    """Return the scores of a prover from the records of its run.

    A question without a solution counts with shares of 0. Raises `ValueError` without records.
    """
    right, wrong, fooled = [], [], []
    by_kind: dict[str, list[float]] = {"right": [], "wrong": [], "other": []}
    samples = 0
    for record in records:
        counts = {"right": 0, "wrong": 0, "other": 0, "fooled": 0}
        for solution in record["solutions"]:
            kind = "other" if not is_judged(solution) else "right" if is_right(solution) else "wrong"
            times, score = solution["occurrences"], solution["score"]
            counts[kind] += times
            counts["fooled"] += times * (kind == "wrong" and score is not None and score >= CONVINCED)
            by_kind[kind] += [score] * times if score is not None else []
        n = counts["right"] + counts["wrong"] + counts["other"]
        samples += n
        right.append(counts["right"] / n if n else 0.0)
        wrong.append(counts["wrong"] / n if n else 0.0)
        fooled.append(counts["fooled"] / n if n else 0.0)
    if not right:
        raise ValueError("got no rows to score; expected the records of a run")
    rights, wrongs = pick(right, right), pick(wrong, wrong)
    everything = [score for scores in by_kind.values() for score in scores]
    return ProverScores(
        questions=len(right),
        samples=samples,
        right=rights.accuracy,
        right_error=rights.error,
        wrong=wrongs.accuracy,
        wrong_error=wrongs.error,
        convincing_wrong=fmean(fooled),
        score=_mean(everything),
        score_right=_mean(by_kind["right"]),
        score_wrong=_mean(by_kind["wrong"]),
    )


def verdicts(outcomes: Sequence[tuple[float, bool]]) -> Verdicts:
    """Return the accuracy of a verifier from (score, right) of judged solutions."""
    hits = [(score >= CONVINCED) == right for score, right in outcomes]
    return Verdicts(
        solutions=len(hits),
        accuracy=sum(hits) / len(hits) if hits else None,
        auc=auc(outcomes),
        score_right=_mean([score for score, right in outcomes if right]),
        score_wrong=_mean([score for score, right in outcomes if not right]),
    )


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None
