"""Whether another round is worth its cost: rounds without a gain, and budgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a run has used so far."""

    policy_calls: int = 0
    gpu_hours: float = 0.0
    hours: float = 0.0


def without_gain(accuracies: Sequence[float], min_gain: float) -> int:
    """How many of the last rounds, in a row, have not beaten the best before them by `min_gain`. The first accuracy is
    that from before the first round."""
    best, rounds = accuracies[0], 0
    for accuracy in accuracies[1:]:
        # Shares of questions are no exact floats: 0.28 + 0.01 > 0.29.
        rounds = 0 if accuracy - best >= min_gain - 1e-9 else rounds + 1
        best = max(best, accuracy)
    return rounds


def no_gain(accuracies: Sequence[float], patience: int, min_gain: float) -> str | None:
    """A sentence where `patience` rounds in a row were in vain; None otherwise, and for a patience of 0."""
    vain = without_gain(accuracies, min_gain) if patience and accuracies else 0
    if not patience or vain < patience:
        return None
    return f"no gain of {min_gain:g} in greedy accuracy for {vain} rounds, stop.patience is {patience}"


def over_budget(spent: Spent, budget: Spent) -> str | None:
    """A sentence on the first budget that is used up; None otherwise. A budget of 0 is none."""
    for name in ("policy_calls", "gpu_hours", "hours"):
        used, allowed = getattr(spent, name), getattr(budget, name)
        if allowed and used >= allowed:
            return f"{round(used, 4):,} {name.replace('_', ' ')} are used, stop.{name} is {round(allowed, 4):,}"
    return None
