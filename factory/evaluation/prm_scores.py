"""How good a process reward model (PRM) is: accuracy per step, and ProcessBench's first-error F1.

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
DRAWS = 2000  # of the bootstrap: the ends of a 95 % interval then stand to a few per cent of its width


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredSolution:
    """`scores`: for each step the PRM's chance that all is right up to there. `first_error`: the truth, 0-based, -1 for
    none."""

    scores: tuple[float, ...]
    first_error: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstErrors:
    """`erroneous`, `correct`: solutions with and without an error. Shares of them that were judged exactly right, None
    where there are none, and their harmonic mean."""

    erroneous: int
    correct: int
    accuracy_erroneous: float | None
    accuracy_correct: float | None
    f1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """A difference and the 95 % interval it is in."""

    gain: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAccuracy:
    """`right`, `wrong`: steps that are so. Shares of all steps and of each kind that were judged so, None where there
    are none."""

    right: int
    wrong: int
    accuracy: float | None
    accuracy_right: float | None
    accuracy_wrong: float | None


def predicted(scores: Sequence[float], threshold: float) -> int:
    """The first step whose score is below `threshold`, -1 when there is none."""
    return next((index for index, score in enumerate(scores) if score < threshold), NO_ERROR)


def hits(named: Iterable[int], truths: Iterable[int]) -> list[float]:
    """1 for a solution whose first error was named exactly, or that was rightly said to have none; otherwise 0."""
    return [float(one == truth) for one, truth in zip(named, truths, strict=True)]


def first_errors(found: Sequence[float], truths: Sequence[int]) -> FirstErrors:
    """Of `hits`, or of their chances where somebody guesses."""
    on = {bad: [hit for hit, truth in zip(found, truths, strict=True) if (truth != NO_ERROR) == bad] for bad in (0, 1)}
    on_correct, on_erroneous = (sum(on[bad]) / len(on[bad]) if on[bad] else None for bad in (0, 1))
    return FirstErrors(
        erroneous=len(on[1]),
        correct=len(on[0]),
        accuracy_erroneous=on_erroneous,
        accuracy_correct=on_correct,
        f1=harmonic_mean(on_erroneous, on_correct),
    )


def first_error_f1(solutions: Sequence[ScoredSolution], threshold: float) -> FirstErrors:
    """Of a PRM's scores at that threshold."""
    truths = [solution.first_error for solution in solutions]
    return first_errors(hits((predicted(solution.scores, threshold) for solution in solutions), truths), truths)


def f1_gain(questions: Sequence[str], one: Sequence[float], other: Sequence[float], truths: Sequence[int]) -> Gain:
    """How much higher the F1 of `one` is than that of `other`, both `hits` of the same solutions.

    The interval is that of a bootstrap over questions: solutions of one question go right and wrong together.
    """
    numbers = {question: number for number, question in enumerate(dict.fromkeys(questions))}
    counts = np.zeros((len(numbers), 6))  # of each question: solutions, hits and hits, on erroneous and correct ones
    for question, mine, others, truth in zip(questions, one, other, truths, strict=True):
        at = 0 if truth != NO_ERROR else 3
        counts[numbers[question], at : at + 3] += (1, mine, others)
    drawn = np.random.default_rng(0).integers(len(numbers), size=(DRAWS, len(numbers)))
    low, high = np.percentile([_f1_difference(counts[rows].sum(0)) for rows in drawn], (2.5, 97.5))
    return Gain(gain=_f1_difference(counts.sum(0)), low=float(low), high=float(high))


def _f1_difference(counts: np.ndarray) -> float:
    erroneous, correct = counts[:3], counts[3:]
    if not erroneous[0] or not correct[0]:
        return 0.0
    mine, others = (float(harmonic_mean(erroneous[at] / erroneous[0], correct[at] / correct[0])) for at in (1, 2))
    return mine - others


def tuned(solutions: Sequence[ScoredSolution], thresholds: Sequence[float] = THRESHOLDS) -> float:
    """The threshold of the best F1 on `solutions`; of several, the one nearest to 0.5."""
    return max(thresholds, key=lambda at: (first_error_f1(solutions, at).f1, -abs(at - 0.5), -at))


def step_accuracy(solutions: Iterable[ScoredSolution], threshold: float = 0.5) -> StepAccuracy:
    """Of all steps up to the first error, that one included: what follows an error is neither right nor wrong."""
    counts: Counter[tuple[bool, bool]] = Counter()
    for solution in solutions:
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
    """Of two shares; 0 where one of them is 0 or is not known."""
    return 2 * one * other / (one + other) if one and other else 0.0


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
