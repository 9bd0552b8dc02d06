"""Scores of a process reward model (PRM): accuracy per step, and ProcessBench's first-error F1.

ProcessBench (Zheng et al., arXiv 2412.06559, sec. 3.1 and 4): a model names the first wrong step of a solution, or says
that there is none. A PRM names the first step whose score is below a threshold, which is tuned on other solutions. F1
is the harmonic mean of two accuracies: on the solutions that have an error (the exact step counts) and on those that
have none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

NO_ERROR = -1
THRESHOLDS = tuple(number / 200 for number in range(1, 200))
# Draws of the bootstrap; the ends of a 95 % interval are then exact to a few per cent of its width.
DRAWS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredSolution:
    """Solution with a PRM's scores and the truth.

    * `scores`: for each step the PRM's probability that everything up to there is right, shape [steps].
    * `first_error`: true index of the first wrong step, 0-based; -1 for none.
    """

    scores: tuple[float, ...]
    first_error: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstErrors:
    """Accuracies of named first errors, as in ProcessBench.

    * `erroneous`, `correct`: numbers of solutions with and without an error.
    * `accuracy_erroneous`, `accuracy_correct`: shares of them judged exactly right; None where there are none.
    * `f1`: harmonic mean of the two.
    """

    erroneous: int
    correct: int
    accuracy_erroneous: float | None
    accuracy_correct: float | None
    f1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """Difference, with its 95 % interval."""

    gain: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAccuracy:
    """Accuracy of a PRM on single steps.

    * `right`, `wrong`: numbers of right and wrong steps.
    * `accuracy`, `accuracy_right`, `accuracy_wrong`: shares judged correctly of all steps and of each kind; None where
      there are none.
    """

    right: int
    wrong: int
    accuracy: float | None
    accuracy_right: float | None
    accuracy_wrong: float | None


def predicted(scores: Sequence[float], threshold: float) -> int:
    """Return the index of the first step whose score is below `threshold`, -1 when there is none."""
    return next((index for index, score in enumerate(scores) if score < threshold), NO_ERROR)


def hits(named: Iterable[int], truths: Iterable[int]) -> list[float]:
    """Return 1 for each solution whose first error (or that there is none) was named exactly, otherwise 0."""
    return [float(one == truth) for one, truth in zip(named, truths, strict=True)]


def first_errors(hit_values: Sequence[float], truths: Sequence[int]) -> FirstErrors:
    """Return the accuracies from `hits`, or from the probability of each hit for a method that guesses."""
    on = {
        bad: [hit for hit, truth in zip(hit_values, truths, strict=True) if (truth != NO_ERROR) == bad]
        for bad in (0, 1)
    }
    on_correct, on_erroneous = (sum(on[bad]) / len(on[bad]) if on[bad] else None for bad in (0, 1))
    return FirstErrors(
        erroneous=len(on[1]),
        correct=len(on[0]),
        accuracy_erroneous=on_erroneous,
        accuracy_correct=on_correct,
        f1=harmonic_mean(on_erroneous, on_correct),
    )


def first_error_f1(solutions: Sequence[ScoredSolution], threshold: float) -> FirstErrors:
    """Return the first-error accuracies of a PRM's scores at that threshold."""
    truths = [solution.first_error for solution in solutions]
    return first_errors(hits((predicted(solution.scores, threshold) for solution in solutions), truths), truths)


def f1_gain(questions: Sequence[str], one: Sequence[float], other: Sequence[float], truths: Sequence[int]) -> Gain:
    """Return the difference in F1 of two models, with a bootstrap interval.

    The bootstrap draws questions, not solutions: solutions of one question tend to be judged right or wrong together.

    Args:
      questions: question of each solution, shape [solutions].
      one: `hits` of the first model, shape [solutions].
      other: `hits` of the second model on the same solutions.
      truths: true first errors, shape [solutions].
    """
    # Count per question: solutions, hits of one and of the other; first on erroneous solutions, then on correct ones.
    numbers = {question: number for number, question in enumerate(dict.fromkeys(questions))}
    counts = np.zeros((len(numbers), 6))
    for question, mine, others, truth in zip(questions, one, other, truths, strict=True):
        at = 0 if truth != NO_ERROR else 3
        counts[numbers[question], at : at + 3] += (1, mine, others)
    # A fixed seed: the same scores give the same interval.
    drawn = np.random.default_rng(0).integers(len(numbers), size=(DRAWS, len(numbers)))
    # In parts: the counts of all draws at once would take memory for 2,000 times the questions.
    parts = np.array_split(drawn, min(DRAWS, 1 + drawn.size // 100_000))
    sums = np.concatenate([counts[rows].sum(axis=1) for rows in parts])
    low, high = np.percentile(_f1_differences(sums), (2.5, 97.5))
    return Gain(gain=float(_f1_differences(counts.sum(0))), low=float(low), high=float(high))


def _f1_differences(counts: np.ndarray) -> np.ndarray:
    """Return the differences in F1 from summed counts, shape [..., 6]; 0 without erroneous or correct solutions."""
    erroneous, correct = counts[..., :3], counts[..., 3:]
    some = (erroneous[..., 0] > 0) & (correct[..., 0] > 0)
    # Without them the shares are made 0, as their counts are.
    on_erroneous, on_correct = (of[..., 1:] / np.maximum(of[..., :1], 1) for of in (erroneous, correct))
    total = on_erroneous + on_correct
    f1 = 2 * on_erroneous * on_correct / np.where(total > 0, total, 1)
    return np.asarray(np.where(some, f1[..., 0] - f1[..., 1], 0.0))


class Tuning:
    """Hits at every threshold of `THRESHOLDS`, of solutions that come one after the other."""

    def __init__(self) -> None:
        self._hits = np.zeros((2, len(THRESHOLDS)))
        self._numbers = [0, 0]

    def add(self, solution: ScoredSolution) -> None:
        """Count one solution."""
        # The first step below a threshold is the first at which the lowest score so far is.
        lowest = np.minimum.accumulate(np.array(solution.scores))
        first = (lowest[:, None] >= np.array(THRESHOLDS)).sum(axis=0)
        truth = len(lowest) if solution.first_error == NO_ERROR else solution.first_error
        self._hits[int(solution.first_error == NO_ERROR)] += first == truth
        self._numbers[int(solution.first_error == NO_ERROR)] += 1

    @property
    def solutions(self) -> int:
        """Number of solutions."""
        return sum(self._numbers)

    @property
    def best(self) -> float:
        """Threshold with the best F1; of several, the one nearest to 0.5."""
        on_erroneous, on_correct = self._hits / np.maximum(1, self._numbers)[:, None]
        f1 = {
            at: harmonic_mean(float(one), float(other))
            for at, one, other in zip(THRESHOLDS, on_erroneous, on_correct, strict=True)
        }
        return max(f1, key=lambda at: (f1[at], -abs(at - 0.5), -at))


def tuned(solutions: Sequence[ScoredSolution], thresholds: Sequence[float] = THRESHOLDS) -> float:
    """Return the threshold with the best F1 on `solutions`; of several, the one nearest to 0.5."""
    return max(thresholds, key=lambda at: (first_error_f1(solutions, at).f1, -abs(at - 0.5), -at))


def step_accuracy(solutions: Iterable[ScoredSolution], threshold: float = 0.5) -> StepAccuracy:
    """Return the accuracy on all steps up to and including the first error; steps behind it are not counted.

    Behind an error a step is neither right nor wrong.
    """
    counts: Counter[tuple[bool, bool]] = Counter()
    for solution in solutions:
        # Behind the first error a step is neither right nor wrong.
        end = len(solution.scores) if solution.first_error == NO_ERROR else solution.first_error + 1
        for index, score in enumerate(solution.scores[:end]):
            is_right = index != solution.first_error
            counts[is_right, (score >= threshold) == is_right] += 1
    right, wrong = counts[True, True] + counts[True, False], counts[False, True] + counts[False, False]
    return StepAccuracy(
        right=right,
        wrong=wrong,
        accuracy=_share(counts[True, True] + counts[False, True], right + wrong),
        accuracy_right=_share(counts[True, True], right),
        accuracy_wrong=_share(counts[False, True], wrong),
    )


def harmonic_mean(one: float | None, other: float | None) -> float:
    """Return the harmonic mean of two shares; 0 where one of them is 0 or not known."""
    return 2 * one * other / (one + other) if one and other else 0.0


def _share(part: int, whole: int) -> float | None:
    """Return the ratio; None of nothing."""
    return part / whole if whole else None
