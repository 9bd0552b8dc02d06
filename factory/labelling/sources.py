"""Opinions on a first error, made of what sources say in their own terms: scores of steps, equations, votes.

A source whose answer says nothing, such as a step without equations, has no opinion rather than one of a low grade.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, pairwise

from factory.equations.check import check
from factory.labelling.opinions import NONE, Opinion

EQUATIONS = "equations"
# Bounds of the grades: how probable a reward model holds what it says.
_SURE = (0.4, 0.6, 0.8, 0.95)
# Bounds of the grades of a solution in which all equations hold: how many there are.
_MANY = (2, 4, 8)
_WRONG_GRADE = 9


def of_equations(steps: Sequence[str]) -> Opinion | None:
    """Return what exact arithmetic says of the equations of a solution; None where none of them can be judged.

    `steps` are the texts of its steps.
    """
    right = 0
    for index, step in enumerate(steps):
        said = check(step)
        if said.wrong:
            return Opinion(EQUATIONS, index, _WRONG_GRADE)
        right += said.right
    return Opinion(EQUATIONS, NONE, _grade(right, _MANY)) if right else None


def of_scores(source: str, scores: Sequence[float]) -> Opinion | None:
    """Return what a process reward model says of a solution; None without scores.

    Args:
      source: role of the model.
      scores: for every step, how probable it holds that the solution is still right behind it, from 0 to 1.
    """
    if not scores:
        return None
    # An error stays, so what it said of a step it says of all behind it, too.
    still = [1.0, *accumulate((min(1.0, max(0.0, score)) for score in scores), min)]
    first_error = [before - behind for before, behind in pairwise(still)]
    best = max(range(len(first_error)), key=first_error.__getitem__)
    if still[-1] >= first_error[best]:
        return Opinion(source, NONE, _grade(still[-1], _SURE))
    return Opinion(source, best, _grade(first_error[best], _SURE))


def of_votes(source: str, votes: Sequence[int]) -> Opinion | None:
    """Return what a critic says that was asked several times: what it says most often, the first of those.

    Args:
      source: its role.
      votes: first errors that it said in order, `NONE` for none; votes that could not be read are left out.
    """
    if not votes:
        return None
    [(said, _)] = Counter(votes).most_common(1)
    return Opinion(source, said, votes=tuple(votes))


def _grade(value: float, bounds: Sequence[float]) -> int:
    """Return how many of the bounds a value reaches."""
    return sum(value >= bound for bound in bounds)
