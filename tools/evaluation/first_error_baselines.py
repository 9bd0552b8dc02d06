"""Baselines that name the first error of a solution without a reward model: a PRM has to do better on the same ones.

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

# Number behind an equals sign, in dollars or not.
_RESULT = re.compile(r"= *\$?(-?\d+(?:[.,]\d+)*)")
UsualError = Callable[[int], int]
"""Usual first wrong step (0-based) of solutions with so many steps."""


def usual_error(solutions: Sequence[SampledSolution]) -> UsualError:
    """Return a function from a number of steps to the first wrong step that is most frequent at that length.

    For a number of steps that no erroneous solution has, it is the most frequent one of all lengths. Of equally
    frequent steps it is the first. Without any erroneous solution it is step 0.
    """
    counts: dict[int, Counter[int]] = defaultdict(Counter)
    for solution in solutions:
        if solution.truth is not None and solution.truth != NO_ERROR:
            counts[len(solution.steps)][solution.truth] += 1
    everywhere = sum(counts.values(), Counter())

    def usual(n_steps: int) -> int:
        """Return the usual first wrong step; never one behind the last step."""
        by_step = counts.get(n_steps) or everywhere
        return min(max(by_step, key=lambda step: (by_step[step], -step)), n_steps - 1) if by_step else 0

    return usual


def guessing(solutions: Sequence[SampledSolution], usual: UsualError) -> list[float]:
    """Return each solution's chance to be guessed right: `guess_none`, otherwise the usual first error."""
    erroneous = [solution for solution in solutions if solution.truth != NO_ERROR]
    right = sum(solution.truth == usual(len(solution.steps)) for solution in erroneous)
    q = guess_none(right, len(erroneous))
    return [
        q if solution.truth == NO_ERROR else (1 - q) * (solution.truth == usual(len(solution.steps)))
        for solution in solutions
    ]


def guess_none(usual: int, erroneous: int) -> float:
    """Return how often a guesser does best to say "no error", and otherwise where the first error usually is.

    With m the share of erroneous solutions whose error is the usual one, saying "no error" with probability q comes to
    the accuracies q and (1 - q) m. Their harmonic mean is largest at q = sqrt(m) / (1 + sqrt(m)), where it is 2 q².

    Args:
      usual: erroneous solutions whose first error is the usual one.
      erroneous: all of them.
    """
    root = sqrt(usual / erroneous) if erroneous else 0.0
    return root / (1 + root)


def by_majority(
    solutions: Sequence[SampledSolution], everyone: Sequence[SampledSolution], usual: UsualError
) -> list[int]:
    """Return the first error that majority voting names in each solution.

    Args:
      solutions: the ones to be judged.
      everyone: all samples of their questions, which vote.
      usual: first wrong step of a solution whose answer is not the most frequent one (`usual_error`).

    Returns:
      0-based steps, -1 for none, shape [solutions].
    """
    frequent = most_frequent(everyone)
    return [
        NO_ERROR if solution.answer in frequent[solution.question] else usual(len(solution.steps))
        for solution in solutions
    ]


def by_consensus(solutions: Sequence[SampledSolution], everyone: Sequence[SampledSolution]) -> list[int]:
    """Return the first error that the consensus of steps names in each solution.

    It is the first step whose result no solution with the most frequent answer has; -1 where there is none. All samples
    of the questions (`everyone`) vote.
    """
    # Phase 1: collect the results of all steps of the solutions with the most frequent answer.
    frequent = most_frequent(everyone)
    accepted: dict[str, set[str]] = defaultdict(set)
    for solution in everyone:
        if solution.answer in frequent[solution.question]:
            accepted[solution.question] |= set(map(_result, solution.steps))
    # Phase 2: name the first step of each solution with another result.
    return [
        next((at for at, step in enumerate(one.steps) if _result(step) not in accepted[one.question]), NO_ERROR)
        for one in solutions
    ]


def most_frequent(solutions: Sequence[SampledSolution]) -> dict[str, set[str]]:
    """Return the most frequent answers of every question, by question; several where they are equally frequent."""
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
    """Return the number behind a step's last equals sign; its whole text, normalised, where there is none."""
    results = _RESULT.findall(step)
    return results[-1] if results else normalised(step)
