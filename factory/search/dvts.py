"""Diverse verifier tree search: independent beam searches from the bare question, then one choice over all.

Beeching, Tunstall and Rush, "Scaling test-time compute with open models" (Hugging Face, 2024), section "DVTS": where
one beam search of a large width ends in near copies of one draft, narrow ones (`width` 1) stay apart. Drafts that
several subtrees come to count as often in the vote.

More subtrees can be added later; then the tree is that of as many at once, but for looks ahead from drafts that earlier
subtrees came to as well. The policy is asked for `subtrees` × `width` × `expansions` × L samples where solutions have
L steps each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from factory.drafting.amounts import at_least
from factory.drafting.conclusion import Draft, conclude
from factory.drafting.guided.beams import BeamShape, beam_searches
from factory.drafting.guided.settings import asks_the_verifier
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree
from factory.types import CUT_SHORT

METHOD = "dvts"
EFFORT = ("subtrees",)


@dataclass
class Config(BeamShape):
    """Settings per question.

    * `subtrees`: independent beam searches, including those it already has.
    * `width`, `expansions`, `look_ahead`, `depth`: shape of each, as `BeamShape` says.
    * `verifier`, `aggregate`, `select`: who scores, how steps make one score, how the choice is made (`Guidance`).
    """

    subtrees: int = 4
    width: int = 1

    def __post_init__(self) -> None:
        """Refuse amounts that are too small. Raises `ValueError`."""
        super().__post_init__()
        at_least(self, subtrees=1)


def roles(config: Config) -> Mapping[str, str]:
    """Return the verifier's role."""
    return asks_the_verifier(config)


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Add the subtrees that are missing, and choose among the solutions of all.

    Args:
      tree: tree of the question.
      policy: samples the steps, and has finished drafts judged.
      config: subtrees, their shape, verifier, choice.
      rng: not used.

    Raises:
      QuestionFailed: what the models raise, except that a draft which one of them cannot read drops out alone.
    """
    # Each subtree begins with so many samples at the root.
    there = tree.root.searched // (config.width * config.expansions)
    before = [one for one in tree.solutions if one.method == METHOD and one.finish_reason not in CUT_SHORT]
    earlier = [Draft.scored(one.leaf, one.score, one.occurrences) for one in before]
    searches = await beam_searches(policy, config, config.subtrees - there, METHOD)
    drafts = [draft for one in searches for draft in one.ended]
    left = [leaf for one in searches for leaf in one.left]
    await conclude(policy, drafts, left, method=METHOD, select=config.select, scored=True, earlier=earlier)
