"""Beam search over steps, guided by a process reward model, with look-ahead.

Snell et al. (arXiv 2408.03314, sec. 5.2 and appendix C). Of all candidates for the next step the best `width` are kept
and sampled on; one that has ended keeps its place. With `look_ahead` a draft is ranked by the score of the text that
the policy, greedy, makes of it in so many further steps: the verifier reads that text, not the draft.

The final choice is among all drafts that ended, kept or not, as they are paid for. Of a question whose solutions have
L steps each, the policy is asked for `width` × `expansions` × L samples, and for at most `look_ahead` more behind each
of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from factory.drafting.conclusion import conclude
from factory.drafting.guided.beams import BeamShape, beam_searches
from factory.drafting.guided.settings import asks_the_verifier
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree

METHOD = "beam"
BUDGET = "width"


@dataclass
class Config(BeamShape):
    """Settings per question.

    * `width`, `expansions`, `look_ahead`, `depth`: shape of the beam, as `BeamShape` says.
    * `verifier`, `aggregate`, `select`: who scores, how steps make one score, how the choice is made (`Guidance`).
    """


def roles(config: Config) -> Mapping[str, str]:
    """Return the verifier's role."""
    return asks_the_verifier(config)


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Add to `tree` the solutions that a beam search ends with, one of them selected.

    Args:
      tree: tree of the question.
      policy: samples the steps, and has finished drafts judged.
      config: shape of the beam, verifier, choice.
      rng: not used.

    Raises:
      QuestionFailed: what the models raise, except that a draft which one of them cannot read drops out alone.
    """
    [beam] = await beam_searches(policy, config, 1, METHOD)
    await conclude(policy, beam.ended, beam.left, method=METHOD, select=config.select, scored=True)
