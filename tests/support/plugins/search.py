"""Search method with a bug."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree


@dataclass
class Config:
    """`n`: rollouts before the bug."""

    n: int = 1


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Request rollouts, then raise a `TypeError`."""
    await policy.rollouts(tree.root, config.n)
    raise TypeError("a bug in the algorithm")
