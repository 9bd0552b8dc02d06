"""Amount at which a method spends a wanted number of tokens on a question, by trying amounts.

Methods are compared at equal budgets (Snell et al., arXiv 2408.03314, sec. 3.1), and what one spends is only known by
running it: solutions have different lengths, a search stops early, a critic is content. What a method spends is taken
to grow with its amount; noise and steps in it are allowed for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

# Amounts this near to the target, as a share of it, are near enough.
NEAR = 0.03
# Most amounts that are tried.
TRIES = 7
# Most that an amount grows by from one try to the next: an estimate from too few questions shall not ask for thousands.
GROWTH = 4
# A method that spends less than this share more, for at least half as much again of its amount, spends no more at all.
SATURATED, STRETCH = 0.02, 1.5
# Amounts looked at for one that is allowed, on either side of the estimate.
_AROUND = 64


def next_amount(
    spent: Mapping[int, float], target: float, allowed: Callable[[int], bool] = lambda amount: True
) -> int | None:
    """Return the amount to try next; None when `nearest_amount` is as good as it gets.

    Args:
      spent: mean tokens per question by amount, of those tried so far; at least one.
      target: wanted mean tokens per question, more than 0.
      allowed: says whether the method takes an amount: a beam search may want a multiple of its width.
    """
    nearest = nearest_amount(spent, target)
    if len(spent) >= TRIES or abs(spent[nearest] / target - 1) <= NEAR:
        return None
    below = [amount for amount in sorted(spent) if spent[amount] < target]
    low = below[-1] if below else 0
    high = min((amount for amount in spent if amount > low), default=None)
    if high is None:
        if _is_saturated(spent, below):
            return None
        guess = min(_extrapolated(spent, below, target), low * GROWTH)
    else:
        # From 0, which spends nothing: that is the line through the origin.
        share = (target - spent.get(low, 0.0)) / (spent[high] - spent.get(low, 0.0))
        guess = low + (high - low) * share
    return _allowed_near(guess, low, high, allowed)


def nearest_amount(spent: Mapping[int, float], target: float) -> int:
    """Return the amount whose tokens are nearest to `target`, as a ratio; of equally near ones the smaller."""
    return min(spent, key=lambda amount: (_distance(spent[amount], target), amount))


def _distance(tokens: float, target: float) -> float:
    """Return how many times too many or too few tokens are, as a logarithm."""
    return abs(math.log(tokens / target)) if tokens > 0 else math.inf


def _is_saturated(spent: Mapping[int, float], below: list[int]) -> bool:
    """Return whether the method spent no more at its largest amount than at a much smaller one."""
    last = below[-1]
    return any(last >= STRETCH * amount and spent[last] <= spent[amount] * (1 + SATURATED) for amount in below[:-1])


def _extrapolated(spent: Mapping[int, float], below: list[int], target: float) -> float:
    """Return the amount that the last two tries lead to; where there is one only, as if from nothing at all."""
    last = below[-1]
    before = below[-2] if len(below) > 1 else 0
    slope = (spent[last] - spent.get(before, 0.0)) / (last - before)
    return last + (target - spent[last]) / slope if slope > 0 else math.inf


def _allowed_near(guess: float, low: int, high: int | None, allowed: Callable[[int], bool]) -> int | None:
    """Return the allowed amount nearest to `guess` that lies between two tried ones; None where there is none."""
    middle = round(guess)
    for offset in range(_AROUND + 1):
        for amount in (middle - offset, middle + offset):
            if low < amount and (high is None or amount < high) and allowed(amount):
                return amount
    return None
