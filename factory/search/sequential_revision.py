"""Sequential revision: chains of attempts, each written with the earlier ones in view (Snell et al., arXiv 2408.03314,
sec. 6.1).

`chains` of them run side by side, each `length` attempts long; the first attempt of each is a sample. No critic comes
in between. The answer is chosen within and across the chains: by a majority of all attempts, or with a `verifier` by
weighted best-of-N in each chain and then among the chains' winners (hierarchical, as in the paper). An attempt that was
cut off is shown and revised like any other, and has no vote.

Every attempt is kept as a solution, with the one before it: the export format `trajectories` is made of them, and
`revisions` trains the model that this method wants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from factory.drafting.amounts import at_least
from factory.drafting.attempts import begin
from factory.drafting.revising import Revising, asks_the_verifier, revise
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree

METHOD = "sequential_revision"
EFFORT = ("chains",)


@dataclass
class Config(Revising):
    """Settings of the method, besides those of `Revising`.

    * `chains`: chains per question, including those it already has. `length`: attempts of a chain.
    """

    chains: int = 2
    length: int = 4

    def __post_init__(self) -> None:
        """Check the settings. Raises `ValueError`, and `BadInput` for the prompt file."""
        super().__post_init__()
        at_least(self, length=1)


def roles(config: Config) -> Mapping[str, str]:
    """Return the role of the verifier, if there is one."""
    return asks_the_verifier(config)


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Write as many chains as are missing, choose an answer, and have all attempts judged.

    Args:
      tree: tree of the question; the attempts are added to it.
      policy: samples and revises, asks the verifier.
      config: the method's settings.
      rng: not used.
    """
    before = tree.root.searched
    chains = await begin(policy, config.chains - before, METHOD)
    await revise(policy, chains, [config.length] * len(chains), config, method=METHOD, before=before)
