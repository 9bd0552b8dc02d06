"""Search method that samples, and has a reward model score the steps of every solution; for `three_pools` only."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from factory.contracts.roles import SCORE
from factory.errors import EngineFailed
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree

EFFORT = ("n",)


@dataclass
class Config:
    """`n`: solutions per question. `prm`: role of the reward model."""

    n: int = 4
    prm: str = "prm"


def roles(config: Config) -> Mapping[str, str]:
    """Return the role of the reward model."""
    return {config.prm: SCORE}


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Sample until there are `config.n` solutions, then ask for the scores of all of them at once.

    Args:
      tree: tree of the question; the new solutions are added to it.
      policy: samples and checks the solutions.
      config: number of solutions, and who scores.
      rng: not used.

    Raises:
      EngineFailed: an answer of the scorer is not a chance for each step.
    """
    await policy.rollouts(tree.root, config.n - tree.root.searched, method="asking")
    texts = [[node.step.text for node in each.leaf.path() if node.step] for each in tree.solutions]
    answers = await asyncio.gather(*(policy.models.score(config.prm, tree.question, steps) for steps in texts))
    for steps, scores in zip(texts, answers, strict=True):
        if len(scores.steps) != len(steps) or not all(0 <= chance <= 1 for chance in (*scores.steps, scores.whole)):
            raise EngineFailed(f"the scorer answered {scores} to {len(steps)} steps; expected a chance for each")
