"""Baselines for naming first errors without a reward model, on the solutions that a PRM is measured on.

* guessing: "no error" with the best probability, otherwise where the first error most often is;
* majority voting: a solution with the most frequent answer has no error, any other has it where it most often is;
* consensus of steps: the first step with a result that no solution with the most frequent answer has.

The last two look at all samples of a question, a PRM at one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from math import sqrt

from factory.evaluation.prm_scores import NO_ERROR
from factory.text.wording import normalised
from tools.evaluation.sampled_solutions import SampledSolution

_RESULT = re.compile(r"= *\$?(-?\d+(?:[.,]\d+)*)")
Usual = Callable[[int], int]
"""From a number of steps to a step."""


def usual_error(solutions: Sequence[SampledSolution]) -> Usual:
    """Return a function from the number of steps of a wrong solution to the usual place of its first error.

    For a number of steps that was never seen it is the most frequent place of all. Of several places, the first.
    """
    counts: dict[int, Counter[int]] = defaultdict(Counter)
    for solution in solutions:
        if solution.truth is not None and solution.truth != NO_ERROR:
            counts[len(solution.steps)][solution.truth] += 1
    everywhere = sum(counts.values(), Counter())

    def usual(n_steps: int) -> int:
        places = counts.get(n_steps) or everywhere
        return min(max(places, key=lambda step: (places[step], -step)), n_steps - 1) if places else 0

    return usual


def guessing(solutions: Sequence[SampledSolution], usual: Usual) -> list[float]:
    """Return the chance of each solution to be guessed right.

    With m the share of erroneous ones whose error is the usual one, saying "no error" with probability q has the
    accuracies q and (1 - q) m. Their harmonic mean is largest at q = sqrt(m) / (1 + sqrt(m)), where it is 2 q².
    """
    erroneous = [solution for solution in solutions if solution.truth != NO_ERROR]
    right = sum(solution.truth == usual(len(solution.steps)) for solution in erroneous)
    root = sqrt(right / len(erroneous)) if erroneous else 0.0
    q = root / (1 + root)
    return [
        q if solution.truth == NO_ERROR else (1 - q) * (solution.truth == usual(len(solution.steps)))
        for solution in solutions
    ]


def by_majority(solutions: Sequence[SampledSolution], everyone: Sequence[SampledSolution], usual: Usual) -> list[int]:
    """Return the first errors that majority voting names.

    Args:
      solutions: solutions to name them for.
      everyone: all samples of the questions.
      usual: most frequent place of an error, by number of steps.
    """
    frequent = most_frequent(everyone)
    return [
        NO_ERROR if solution.answer in frequent[solution.question] else usual(len(solution.steps))
        for solution in solutions
    ]


def by_consensus(solutions: Sequence[SampledSolution], everyone: Sequence[SampledSolution]) -> list[int]:
    """Return the first errors that the consensus of steps names; `everyone`: all samples of the questions."""
    frequent = most_frequent(everyone)
    accepted: dict[str, set[str]] = defaultdict(set)
    for solution in everyone:
        if solution.answer in frequent[solution.question]:
            accepted[solution.question] |= set(map(_result, solution.steps))
    return [
        next((at for at, step in enumerate(one.steps) if _result(step) not in accepted[one.question]), NO_ERROR)
        for one in solutions
    ]


def most_frequent(solutions: Sequence[SampledSolution]) -> dict[str, set[str]]:
    """Return the most frequent answers of every question."""
    votes: dict[str, Counter[str]] = {}
    for solution in solutions:
        counts = votes.setdefault(solution.question, Counter())
        if solution.answer is not None:
            counts[solution.answer] += solution.times
    return {
        question: {answer for answer, count in counts.items() if count == max(counts.values())}
        for question, counts in votes.items()
    }


def _result(step: str) -> str:
    """Return the result of a step: the number behind its last equals sign; the whole step when there is none."""
    results = _RESULT.findall(step)
    return results[-1] if results else normalised(step)
