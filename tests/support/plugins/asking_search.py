"""Search method that samples, and asks two more models about each solution: a critic for text, a PRM for scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from factory.contracts.roles import GENERATE, SCORE
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree
from factory.types import GenerateRequest

EFFORT = ("n",)


@dataclass
class Config:
    """`n`: solutions per question. `critic`, `prm`: roles; "" asks nobody. `says`: reply that the critic must give."""

    n: int = 2
    critic: str = ""
    prm: str = ""
    says: str = ""


def roles(config: Config) -> Mapping[str, str]:
    """Return the roles that are named."""
    return {role: work for role, work in ((config.critic, GENERATE), (config.prm, SCORE)) if role}


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Sample `config.n` solutions and ask about each. An answer that another model gave is a bug, and ends the run."""
    await policy.rollouts(tree.root, config.n - tree.root.searched, method="asking")
    for solution in tree.solutions:
        if config.critic:
            request = GenerateRequest(question_id=tree.question.id, prompt=f"criticise: {solution.text}")
            [reply] = await policy.models.generate(request, config.critic)
            assert reply.text == config.says, reply.text
        if config.prm:
            scores = await policy.models.score(config.prm, tree.question, [solution.text])
            assert 0 < scores.whole < 1, scores
