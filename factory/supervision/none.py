"""None: no step is labelled and no rollout asked for. For runs that only sample."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from factory.experience import Experience
from factory.policy import Policy
from factory.step_labels import SolutionLabels
from factory.tree import Solution, Tree


@dataclass
class Config:
    """There is nothing to set."""


async def label(
    tree: Tree, policy: Policy, config: Config, rng: Random, experience: Experience
) -> dict[Solution, SolutionLabels]:
    """No labels: the solutions' steps stay unlabelled, and their labeller is null."""
    return {}
