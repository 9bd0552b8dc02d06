"""Rollouts per prefix by how often the policy solves the question: few on easy questions, many on hard ones.

A hard estimate calls a step wrong when none of its rollouts succeeds. Where the step is right and the policy succeeds
from there with probability p, that happens with (1 - p)^k, so the k that keeps this at `MISSED` grows as p falls. From
a right prefix of a solution the policy succeeds at least as often as from the bare question, as a rule: so p is the
pass rate of the question. GenPRM (arXiv 2504.00891) takes 32, 64 or 128 rollouts by the same estimate.
"""

from __future__ import annotations

from math import ceil, log

MISSED = 0.02
"""Largest probability that a right step is called wrong, where its rollouts succeed as often as the question's."""


def rollouts_needed(trials: int, successes: int, least: int, most: int) -> int:
    """Return how many rollouts each prefix of a question gets.

    Args:
      trials: rollouts of the bare question.
      successes: those that reached the gold answer.
      least: k of easy questions, and of all where `most` is no more.
      most: k of the hardest.
    """
    if most <= least:
        return least
    # The mean of a uniform prior: neither 0 nor 1, also of a question that nobody has tried.
    rate = (successes + 1) / (trials + 2)
    return min(most, max(least, ceil(log(MISSED) / log(1 - rate))))
