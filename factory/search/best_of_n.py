"""Best of N: independent solutions of the bare question, one of which is chosen by votes, by a verifier, or by both.

`majority` is self-consistency (Wang et al., arXiv 2203.11171, sec. 2), `weighted` weighs each vote by the verifier's
score (Li et al., arXiv 2206.02336, sec. 2.2; Snell et al., arXiv 2408.03314, sec. 5.1), `max` takes the highest score
(Cobbe et al., arXiv 2110.14168, sec. 4). The samples are the policy's own: evidence, and counted in pass@k. The policy
is asked for `n` solutions in one request, the verifier once for each different one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from factory.drafting.amounts import at_least
from factory.drafting.conclusion import Draft, picked
from factory.drafting.guided.settings import Guidance, asks_the_verifier
from factory.drafting.guided.verifier import scores_of
from factory.drafting.settled import choose
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree
from factory.types import LENGTH

METHOD = "best_of_n"
EFFORT = ("n",)


@dataclass
class Config(Guidance):
    """Settings per question, besides those of `Guidance`.

    * `n`: solutions, including those it already has.
    * `verifier`, `aggregate`, `select`: as `Guidance` says; nobody is asked where `select` is `majority`.
    """

    n: int = 8

    def __post_init__(self) -> None:
        """Refuse a negative amount. Raises `ValueError`."""
        super().__post_init__()
        at_least(self, n=0)


def roles(config: Config) -> Mapping[str, str]:
    """Return the verifier's role, where it is asked."""
    return {} if config.select == "majority" else asks_the_verifier(config)


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Sample until `config.n` solutions have been requested, and choose one of all.

    A solution that was cut off is not chosen, nor one that the verifier cannot read, unless it can read none that
    states an answer: then votes choose. `Solution.score` is the verifier's score; where it is not asked, the share of
    samples.

    Args:
      tree: tree of the question; the new solutions are added to it.
      policy: samples and checks the solutions.
      config: amount, verifier, choice.
      rng: not used.

    Raises:
      QuestionFailed: what the models raise.
    """
    await policy.rollouts(tree.root, config.n - tree.root.searched, method=METHOD)
    whole = [one for one in tree.solutions if one.method == METHOD and one.finish_reason != LENGTH]
    if config.select == "majority":
        samples = sum(one.occurrences for one in whole)
        for one in whole:
            one.score = one.occurrences / samples
    else:
        # Those from before a top-up have their scores.
        scores = await scores_of(policy, [one.leaf for one in whole if one.score is None], config)
        for one in whole:
            one.score = scores.get(one.leaf, one.score)
    choice = picked(policy, [Draft.scored(one.leaf, one.score, one.occurrences) for one in whole], config.select)
    if choice is not None:
        chosen = next(one for one in whole if one.text.rstrip() == choice.text)
        choose(tree, chosen, chosen.score)
