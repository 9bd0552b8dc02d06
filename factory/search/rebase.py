"""Reward-balanced search: a budget of samples, shared out at each level by the verifier's scores of the drafts.

REBASE (Wu et al., arXiv 2408.00724, sec. 3.2). A draft gets samples of its next step in proportion to
exp(score / `balance`); one that was sampled several times counts as often. What has ended has used up its part of the
budget, so that there are at most `leaves` solutions, and one choice over all. Shares are rounded so that they sum to
the budget (largest remainder), where the paper rounds each by itself.

Where solutions have L steps each, the policy is asked for `leaves` × L samples.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from factory.drafting.amounts import at_least
from factory.drafting.conclusion import Draft, conclude, finished
from factory.drafting.guided.settings import Guidance, asks_the_verifier
from factory.drafting.guided.verifier import scores_of
from factory.drafting.steps import next_steps
from factory.rollouts.nodes import Node
from factory.rollouts.policy import Policy
from factory.rollouts.together import together
from factory.rollouts.tree import Tree
from factory.types import LENGTH

METHOD = "rebase"
BUDGET = "leaves"


@dataclass
class Config(Guidance):
    """Settings per question.

    * `leaves`: solutions at most, which is the number of samples at each level.
    * `balance`: temperature of the shares; near 0 all goes to the best draft, a large one shares out evenly.
    * `depth`: most steps of a solution.
    * `verifier`, `aggregate`, `select`: who scores, how steps make one score, how the choice is made (`Guidance`).
    """

    leaves: int = 16
    balance: float = 0.2
    depth: int = 40

    def __post_init__(self) -> None:
        """Refuse amounts that are too small. Raises `ValueError`."""
        super().__post_init__()
        at_least(self, leaves=1, depth=1)
        if not (self.balance > 0 and math.isfinite(self.balance)):
            raise ValueError(f"balance is {self.balance:g}: expected a number above 0")


def roles(config: Config) -> Mapping[str, str]:
    """Return the verifier's role."""
    return asks_the_verifier(config)


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Add to `tree` the solutions that the search ends with, one of them selected.

    Args:
      tree: tree of the question.
      policy: samples the steps, and has finished drafts judged.
      config: budget, balance, verifier, choice.
      rng: not used.

    Raises:
      QuestionFailed: what the models raise, except that a draft which one of them cannot read drops out alone.
    """
    drafts: list[Draft] = []
    left: list[Node] = []
    widths = {tree.root: config.leaves}
    for _ in range(config.depth):
        # Phase 1: the samples of this level, and what the verifier says of where they lead.
        steps = await together(next_steps(policy, leaf, n, method=METHOD) for leaf, n in widths.items())
        reached = Counter(leaf for leaves in steps for leaf in leaves)
        scores = await scores_of(policy, (leaf for leaf in reached if leaf.finish != LENGTH), config)
        # Phase 2: what has ended is kept, the rest gets its shares of what is left of the budget.
        drafts += finished(reached, scores)
        going = {leaf: reached[leaf] for leaf in scores if not leaf.finish}
        left = [*going] or [*reached]
        widths = shared_out(going, scores, config.balance)
        if not widths:
            break
    await conclude(policy, drafts, left, method=METHOD, select=config.select, scored=True)


def shared_out(drafts: Mapping[Node, int], scores: Mapping[Node, float], balance: float) -> dict[Node, int]:
    """Return how many samples each draft gets, as many in all as the drafts were; those that get none are left out.

    Args:
      drafts: open drafts, and how often each was sampled.
      scores: their scores.
      balance: temperature of the shares.
    """
    if not drafts:
        return {}
    budget, highest = sum(drafts.values()), max(scores[leaf] for leaf in drafts)
    weights = {leaf: times * math.exp((scores[leaf] - highest) / balance) for leaf, times in drafts.items()}
    total = math.fsum(weights.values())
    shares = {leaf: budget * weight / total for leaf, weight in weights.items()}
    widths = {leaf: math.floor(share) for leaf, share in shares.items()}
    # Scores so near each other that their shares are the same number still rank; of equal ones the first.
    largest = sorted(shares, key=lambda leaf: (widths[leaf] - shares[leaf], -scores[leaf]))
    for leaf in largest[: budget - sum(widths.values())]:
        widths[leaf] += 1
    return {leaf: width for leaf, width in widths.items() if width}
