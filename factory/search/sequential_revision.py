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

from factory.contracts.roles import SCORE
from factory.drafting.attempts import begin, close
from factory.drafting.revising import lengthen, weigh
from factory.rollouts.policy import Policy
from factory.rollouts.prompting import cached_prompt
from factory.rollouts.together import together
from factory.rollouts.tree import Tree

METHOD = "sequential_revision"
EFFORT = ("chains",)


@dataclass
class Config:
    """Settings of the method.

    * `chains`: chains per question, including those it already has. `length`: attempts of a chain.
    * `shown`: most earlier attempts that a revision sees, the latest ones; four in the paper.
    * `verifier`: role of a model that scores attempts; "" for a majority vote.
    * `revise_prompt`: prompt file with places for {question} and {attempts}; `revise_bare` for a model that was trained
      on the export format `revisions`.
    * `style`: its style, `raw` or `chat`; "" for that of the run.
    """

    chains: int = 2
    length: int = 4
    shown: int = 4
    verifier: str = ""
    revise_prompt: str = "revise"
    style: str = ""

    def __post_init__(self) -> None:
        """Check the settings. Raises `ValueError`, and `BadInput` for the prompt file."""
        if self.length < 1 or self.shown < 1:
            raise ValueError("length and shown must be at least 1")
        cached_prompt(self.revise_prompt, self.style, ("attempts",))


def roles(config: Config) -> Mapping[str, str]:
    """Return the role of the verifier, if there is one."""
    return {config.verifier: SCORE} if config.verifier else {}


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
    await together(
        lengthen(
            policy,
            chain,
            config.length,
            f"{METHOD}:{number}",
            prompt=config.revise_prompt,
            style=config.style,
            shown=config.shown,
        )
        for number, chain in enumerate(chains, start=before)
    )
    await weigh(policy, chains, config.verifier)
    await close(policy, chains, METHOD)
