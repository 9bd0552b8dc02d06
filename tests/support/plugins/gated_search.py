"""Search method that samples, and then waits at the gate with the questions that it is closed to (see `gate.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree
from tests.support.plugins.gate import passed

EFFORT = ("n",)


@dataclass
class Config:
    """`n`: solutions per question. `gate`: path of a file that names questions which wait."""

    n: int = 4
    gate: str = ""


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Sample `config.n` solutions of the bare question, then wait until the gate lets the question pass."""
    await policy.rollouts(tree.root, config.n - tree.root.searched, method="gated_search")
    await passed(config.gate, tree.question.text)
