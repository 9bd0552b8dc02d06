"""Scan: from the first step on, up to `k` rollouts behind each step, going on at the first success.

The cheapest of the plain methods where errors come early, and the baseline that the others have to beat: a step is
right once any rollout from behind it reached the gold answer, and the first step behind which `k` rollouts have failed
is the first error.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from factory.added_fields import ADDED
from factory.contracts.roles import GENERATE
from factory.labelling.experience import Experience
from factory.labelling.step_labels import SolutionLabeller, SolutionLabels, targets
from factory.rollouts.nodes import Node, Solution
from factory.rollouts.policy import Policy
from factory.rollouts.together import together
from factory.rollouts.tree import Tree
from factory.types import POLICY

EFFORT = ("k", "max_solutions")


@dataclass
class Config:
    """Rollouts per step, and the solutions that get them.

    * `k`: most rollouts behind a step without a success, including those it already had.
    * `max_solutions`: most wrong solutions scanned per question; the others are labelled as far as shared prefixes
      allow.
    * `confidence`: labels with a lower posterior probability are withheld; 0 withholds none.
    * `completer`: role of the model that makes the rollouts.
    """

    k: int = 8
    max_solutions: int = 64
    confidence: float = 0.9
    completer: str = field(default=POLICY, metadata=ADDED)

    def __post_init__(self) -> None:
        if self.k < 1 or self.max_solutions < 0:
            raise ValueError(f"k is {self.k}, max_solutions is {self.max_solutions}: expected k >= 1, solutions >= 0")
        if not 0 <= self.confidence < 1:
            raise ValueError(f"confidence is {self.confidence}: expected at least 0 and less than 1")


def roles(config: Config) -> Mapping[str, str]:
    """Return the role of the model that makes the rollouts."""
    return {config.completer: GENERATE}


async def label(
    tree: Tree, policy: Policy, config: Config, rng: Random, experience: Experience
) -> dict[Solution, SolutionLabels]:
    """Scan the wrong solutions of `tree` at the same time, then label every solution of it.

    Args:
      tree: tree of the question, with the solutions to label.
      policy: samples the rollouts.
      config: settings of this labeller.
      rng: not used.
      experience: prior over the policy, learnt from the questions before.

    Returns:
      Labels of every solution that is not `labelled` already.
    """
    wrong = targets((solution for solution in tree.solutions if solution.is_wrong), config.max_solutions)
    at_prefix: dict[Node, asyncio.Lock] = defaultdict(asyncio.Lock)
    calls = await together(_scan(solution, policy, config.k, at_prefix) for solution in wrong)
    spent = dict(zip(wrong, calls, strict=True))
    judge = SolutionLabeller(experience, config.confidence, tree.question.key)
    return {s: judge.by_counts(s, spent.get(s, 0)) for s in tree.solutions if not s.labelled}


async def _scan(solution: Solution, policy: Policy, k: int, at_prefix: Mapping[Node, asyncio.Lock]) -> int:
    """Scan one solution; return how many rollouts it paid for."""
    calls = 0
    for node in solution.leaf.path()[:-1]:
        # Solutions that share a prefix wait for each other there, so that its rollouts are made once.
        async with at_prefix[node]:
            while not node.successes and max(node.trials, node.requested) < k:
                calls += 1
                await policy.rollouts(node, 1)
        if not node.successes:
            break
    return calls
