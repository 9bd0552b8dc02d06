"""Naming first errors without a reward model: what a PRM has to beat, on the solutions it is measured on.

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
    """Where the first error of an erroneous solution most often is, by how many steps it has; of a number of steps that
    was never seen, where it is most often in all. Of several, the first."""
    counts: dict[int, Counter[int]] = defaultdict(Counter)
    for solution in solutions:
        if solution.truth is not None and solution.truth != NO_ERROR:
            counts[len(solution.steps)][solution.truth] += 1
    everywhere = sum(counts.values(), Counter())

    def usual(n_steps: int) -> int:
        found = counts.get(n_steps) or everywhere
        return min(max(found, key=lambda step: (found[step], -step)), n_steps - 1) if found else 0

    return usual


def guessing(solutions: Sequence[SampledSolution], usual: Usual) -> list[float]:
    """The chance of each solution to be guessed right.

    With m the share of erroneous ones whose error is the usual one, saying "no error" with probability q comes to the
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
    """What majority voting names; `everyone` are all samples of the questions."""
    frequent = most_frequent(everyone)
    return [
        NO_ERROR if solution.answer in frequent[solution.question] else usual(len(solution.steps))
        for solution in solutions
    ]


def by_consensus(solutions: Sequence[SampledSolution], everyone: Sequence[SampledSolution]) -> list[int]:
    """What the consensus of steps names."""
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
    """Of every question the most frequent answers."""
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
    """What a step comes to: the number behind its last equals sign; all of it, where there is none."""
    found = _RESULT.findall(step)
    return found[-1] if found else normalised(step)
