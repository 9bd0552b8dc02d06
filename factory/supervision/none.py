"""None: no step is labelled and no rollout requested. For runs that only sample."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from factory.labelling.experience import Experience
from factory.labelling.step_labels import SolutionLabels
from factory.rollouts.nodes import Solution
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree


@dataclass
class Config:
    """Settings: none."""


async def label(
    tree: Tree, policy: Policy, config: Config, rng: Random, experience: Experience
) -> dict[Solution, SolutionLabels]:
    """Return no labels: the solutions' steps stay unlabelled, and their labeller is null.

    Args:
      tree: not used.
      policy: not used.
      config: not used.
      rng: not used.
      experience: not used.
    """
    return {}
