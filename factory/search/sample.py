"""Plain sampling: `n` independent solutions of the bare question.

The baseline of every later method (self-consistency, Wang et al., arXiv 2203.11171, sec. 2), and the start of step
supervision: its samples are kept, counted and never requested again.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree

EFFORT = ("n",)


@dataclass
class Config:
    """`n`: solutions per question, including those it already has.

    They are requested in one batch, so that the engine reads the prompt once.
    """

    n: int = 8


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Sample from the root of `tree` until `config.n` solutions of it have been requested.

    Args:
      tree: tree of the question; the new solutions are added to it.
      policy: samples and checks the solutions.
      config: number of solutions.
      rng: not used.
    """
    await policy.rollouts(tree.root, config.n - tree.root.searched, method="sample")
