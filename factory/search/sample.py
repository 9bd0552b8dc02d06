"""Plain sampling: `n` independent solutions of the bare question.

The baseline of every later method (self-consistency, Wang et al., arXiv 2203.11171, sec. 2), and the first look that
step supervision takes at a question: its samples are kept, counted and never paid for again.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree

EFFORT = ("n",)


@dataclass
class Config:
    """`n`: solutions per question, those it already has included, asked for in one batch so that the prompt is read
    once."""

    n: int = 8


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Sample from the root of `tree` until it has been asked for `config.n` solutions."""
    await policy.rollouts(tree.root, config.n - tree.root.searched, method="sample")
