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
from math import sqrt

NO_ERROR = -1
THRESHOLDS = tuple(number / 200 for number in range(1, 200))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredSolution:
    """`scores`: for each step the PRM's chance that all is right up to there. `first_error`: the truth, 0-based, -1 for
    none. `times`: how often it was sampled."""

    scores: tuple[float, ...]
    first_error: int
    times: int = 1


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


def first_errors(judged: Iterable[tuple[int, int]]) -> FirstErrors:
    """Of pairs of what was named and the truth."""
    counts: Counter[tuple[bool, bool]] = Counter((truth != NO_ERROR, named == truth) for named, truth in judged)
    erroneous, correct = (counts[bad, True] + counts[bad, False] for bad in (True, False))
    on_erroneous, on_correct = _share(counts[True, True], erroneous), _share(counts[False, True], correct)
    return FirstErrors(
        erroneous=erroneous,
        correct=correct,
        accuracy_erroneous=on_erroneous,
        accuracy_correct=on_correct,
        f1=harmonic_mean(on_erroneous, on_correct),
    )


def first_error_f1(solutions: Iterable[ScoredSolution], threshold: float) -> FirstErrors:
    """Of a PRM's scores at that threshold."""
    return first_errors((predicted(solution.scores, threshold), solution.first_error) for solution in solutions)


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


def chance_f1(steps: Iterable[int]) -> float:
    """The F1 that guessing comes to at best, on erroneous solutions with so many steps each.

    A guess says "no error" with probability q, else any step alike. With m the mean of 1/steps, its accuracies are q
    and (1 - q) m; their harmonic mean is largest at q = sqrt(m) / (1 + sqrt(m)), where it is 2 q².
    """
    shares = [1 / count for count in steps]
    if not shares:
        return 0.0
    root = sqrt(sum(shares) / len(shares))
    return 2 * (root / (1 + root)) ** 2


def usual_error(solutions: Iterable[ScoredSolution]) -> int:
    """The step that is most often the first wrong one; -1 when none is."""
    counts = Counter(solution.first_error for solution in solutions if solution.first_error != NO_ERROR)
    return max(counts, key=lambda step: (counts[step], -step)) if counts else NO_ERROR


def harmonic_mean(one: float | None, other: float | None) -> float:
    """Of two shares; 0 where one of them is 0 or is not known."""
    return 2 * one * other / (one + other) if one and other else 0.0


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
