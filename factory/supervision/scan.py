"""Scan: from the first step on, up to `k` rollouts behind each, going on at the first success.

The cheapest of the plain methods where errors come early, and the baseline that the others have to beat: a step is
right once any rollout from behind it reached the gold answer, and the first one behind which `k` have failed is the
first error.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from factory.labelling.experience import Experience
from factory.labelling.step_labels import SolutionLabeller, SolutionLabels, targets
from factory.rollouts.nodes import Node, Solution
from factory.rollouts.policy import Policy
from factory.rollouts.together import together
from factory.rollouts.tree import Tree

EFFORT = ("k", "max_solutions")


@dataclass
class Config:
    """`k`: rollouts behind a step until it is given up, those it already had included. `confidence`: labels below it
    are withheld; 0 withholds none.
    """

    k: int = 8
    max_solutions: int = 64
    confidence: float = 0.9

    def __post_init__(self) -> None:
        if self.k < 1 or self.max_solutions < 0:
            raise ValueError(f"k is {self.k}, max_solutions is {self.max_solutions}: expected k >= 1, solutions >= 0")
        if not 0 <= self.confidence < 1:
            raise ValueError(f"confidence is {self.confidence}: expected at least 0 and less than 1")


async def label(
    tree: Tree, policy: Policy, config: Config, rng: Random, experience: Experience
) -> dict[Solution, SolutionLabels]:
    """Scan the wrong solutions of `tree` side by side, then label every solution of it."""
    wrong = targets((solution for solution in tree.solutions if solution.is_wrong), config.max_solutions)
    at_prefix: dict[Node, asyncio.Lock] = defaultdict(asyncio.Lock)
    calls = await together(_scan(solution, policy, config.k, at_prefix) for solution in wrong)
    spent = dict(zip(wrong, calls, strict=True))
    judge = SolutionLabeller(experience, config.confidence)
    return {s: judge.by_counts(s, spent.get(s, 0)) for s in tree.solutions if not s.labelled}


async def _scan(solution: Solution, policy: Policy, k: int, at_prefix: Mapping[Node, asyncio.Lock]) -> int:
    """Returns how many rollouts it took. At a prefix that two solutions share, the second waits for the first."""
    calls = 0
    for node in solution.leaf.path()[:-1]:
        async with at_prefix[node]:
            while not node.successes and max(node.trials, node.requested) < k:
                calls += 1
                await policy.rollouts(node, 1)
        if not node.successes:
            break
    return calls
