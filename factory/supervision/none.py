"""None: no step is labelled and no rollout asked for. For runs that only sample."""

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
    """There is nothing to set."""


async def label(
    tree: Tree, policy: Policy, config: Config, rng: Random, experience: Experience
) -> dict[Solution, SolutionLabels]:
    """No labels: the solutions' steps stay unlabelled, and their labeller is null."""
    return {}
