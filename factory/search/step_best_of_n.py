"""Best of N at every step: of `n` samples of the next step the best one is kept, until the solution ends.

Beam search with one beam (Snell et al., arXiv 2408.03314, sec. 5.2): the policy is asked for `n` samples per step of
the solution. Drafts that end beside it are not chosen, but judged as well: with its last step they make pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

from factory.drafting.amounts import at_least
from factory.drafting.conclusion import MAX, conclude
from factory.drafting.guided.beams import BeamShape, beam_searches
from factory.drafting.guided.settings import asks_the_verifier
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree

METHOD = "step_best_of_n"
BUDGET = "n"


@dataclass
class Config:
    """Settings per question.

    * `n`: samples of each step.
    * `verifier`: role of the model that scores (`models.prm`).
    * `aggregate`: score of a draft from those of its steps: `last`, `min`, `product`, `mean`, or `whole`, the scorer's.
    * `depth`: most steps of a solution.
    """

    n: int = 4
    verifier: str = "prm"
    aggregate: str = "last"
    depth: int = 40

    def __post_init__(self) -> None:
        """Refuse amounts that are too small, and unknown names. Raises `ValueError`."""
        at_least(self, n=1, depth=1)
        shape_of(self)


def roles(config: Config) -> Mapping[str, str]:
    """Return the verifier's role."""
    return asks_the_verifier(shape_of(config))


def shape_of(config: Config) -> BeamShape:
    """Return the beam search that it is."""
    return BeamShape(
        verifier=config.verifier, aggregate=config.aggregate, width=1, expansions=config.n, depth=config.depth
    )


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Add to `tree` the solution made of the best steps, selected, and those that ended beside it.

    Args:
      tree: tree of the question.
      policy: samples the steps, and has finished drafts judged.
      config: amounts, verifier.
      rng: not used.

    Raises:
      QuestionFailed: what the models raise, except that a draft which one of them cannot read drops out alone.
    """
    [beam] = await beam_searches(policy, shape_of(config), 1, METHOD)
    # By text: what ended in the beam may have ended beside it before, at another node.
    best = {leaf.text.rstrip() for leaf in beam.best}
    drafts = [draft if not best or draft.text in best else replace(draft, weight=None) for draft in beam.ended]
    await conclude(policy, drafts, beam.left, method=METHOD, select=MAX, scored=True)
