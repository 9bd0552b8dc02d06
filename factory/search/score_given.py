"""Scores of the solutions that came with a question, by a verifier; nothing is sampled.

With `source.kind=run` and `source.verdict=any` it scores what an earlier run has sampled. `Solution.score` is the score
of the whole, and the nodes of the tree have those of the steps where the verifier scores steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from factory.drafting.guided.settings import Guidance, asks_the_verifier
from factory.drafting.guided.verifier import scores_of
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree


@dataclass
class Config(Guidance):
    """`verifier`, `aggregate`: who scores, and how steps make one score (`Guidance`); nothing is selected."""


def roles(config: Config) -> Mapping[str, str]:
    """Return the verifier's role."""
    return asks_the_verifier(config)


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Ask the verifier once about every solution that is there.

    Args:
      tree: tree of the question, with the solutions that came with it.
      policy: asks the verifier.
      config: who scores, and how.
      rng: not used.

    Raises:
      QuestionFailed: what the verifier raises, except that a solution which it cannot read has no score.
    """
    scores = await scores_of(policy, [solution.leaf for solution in tree.solutions], config)
    for solution in tree.solutions:
        solution.score = scores.get(solution.leaf)
