"""Comparison of search methods on the same questions: accuracies with standard errors, at what cost.

Gains are paired: a question is as hard for one method as for the other, so differences question by question vary less
than the accuracies do. The reference is one method. Where it was run with several amounts, each row is held against the
reference's row that spent the most nearly equal number of tokens.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from factory.evaluation.best_of_n import Pick, pick
from factory.evaluation.method_scores import MethodScores

# Ratios of tokens to the budget that count as equal.
LEAST, MOST = 0.9, 1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Scores of a method with one amount; `amount` is None for a method that has none."""

    method: str
    amount: int | None
    scores: MethodScores


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Row of a comparison.

    * `result`: accuracy and gain over the row `against`, with their standard errors.
    * `against`: the reference's row; the row itself where there is no other.
    * `tokens`: tokens per question that count as budget.
    * `ratio`: how many times the budget that is; the budget is the reference's, where no other was asked for.
    """

    measured: Measured
    result: Pick
    against: Measured
    tokens: float
    ratio: float

    @property
    def off_budget(self) -> bool:
        """True where the ratio is outside of `LEAST` to `MOST`: this row is not compared at an equal budget."""
        return not LEAST <= self.ratio <= MOST


def compared(
    measured: Sequence[Measured], reference: str, *, scored_weight: float = 0.0, budget: float = 0.0
) -> list[Row]:
    """Return the rows of a comparison, in the order of `measured`.

    Args:
      measured: scores of each method and amount, of the same questions; those of the reference among them.
      reference: name of the method that the others are held against.
      scored_weight: what a token read by a reward model counts, where a sampled one counts 1.
      budget: tokens per question that were asked for; 0 for as many as the reference spent.

    Raises:
      ValueError: the reference is not among them, or two were measured on different questions.
    """
    references = [one for one in measured if one.method == reference]
    if not references:
        raise ValueError(f"{reference!r} is not among {[one.method for one in measured]}; expected its scores, too")
    return [_row(one, references, scored_weight, budget) for one in measured]


def _row(one: Measured, references: Sequence[Measured], scored_weight: float, budget: float) -> Row:
    tokens = one.scores.tokens(scored_weight)
    against = min(references, key=lambda other: _distance(tokens, other.scores.tokens(scored_weight)))
    if one in references:
        against = one
    if one.scores.rights.keys() != against.scores.rights.keys():
        raise ValueError(f"{one.method} and {against.method} have answered different questions; expected the same")
    keys = sorted(one.scores.rights)
    mine, theirs = ([scores.rights[key] for key in keys] for scores in (one.scores, against.scores))
    whole = budget or against.scores.tokens(scored_weight)
    return Row(
        measured=one,
        result=pick(mine, theirs),
        against=against,
        tokens=tokens,
        ratio=tokens / whole if whole else math.inf,
    )


def _distance(one: float, other: float) -> float:
    """Return how many times as many tokens one is as the other, as a logarithm."""
    return abs(math.log(one / other)) if one and other else math.inf
