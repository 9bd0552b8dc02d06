"""Compute-optimal sampling: a budget of attempts is split between parallel samples and revisions by how difficult the
question seems (Snell et al., arXiv 2408.03314, sec. 3.2 and 6.2).

`pilot` samples tell how difficult it is, as the model sees it: by how many of them agree on an answer, or by the mean
score that a verifier gives them. The gold answer has no part in it (the paper's "model-predicted" difficulty). They are
the first attempts of the chains, so they are part of the budget, which is `n` attempts in all.

The paper sorts questions into five bins, over all questions, and finds for each which ratio is best: on easy ones
revising one chain to the end, on hard ones a balance of both (fig. 7; it prints no table). Here a question is seen
alone, so bins have fixed bounds, and the table of defaults follows the direction of that figure. Which ratio is best
depends on the model and on how well it revises: measure it, and set `sequential`. Raising `n` would change the split
of what was spent already, so there is nothing to raise on resume.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from factory.drafting.amounts import at_least
from factory.drafting.attempts import Chain, begin, planted
from factory.drafting.ballot import Ballot
from factory.drafting.revising import Revising, asks_the_verifier, revise
from factory.drafting.scores import score_whole
from factory.rollouts.policy import Policy
from factory.rollouts.together import together
from factory.rollouts.tree import Tree

METHOD = "compute_optimal"
BUDGET = "n"


@dataclass
class Config(Revising):
    """Settings of the method, besides those of `Revising`. The `verifier` says how difficult a question is, too.

    * `n`: attempts per question, those of the pilot included. `pilot`: how many samples show the difficulty, `n` at
      most.
    * `ease`: lower bounds of the bins, the easiest first, for the share of pilot samples that agree (or their mean
      score, from 0 to 1). What is below all of them is in the last bin.
    * `sequential`: for each bin how sequential the budget is spent, from 0 (all in parallel) to 1 (one chain): a chain
      is `n ** share` attempts long.
    """

    n: int = 16
    pilot: int = 4
    ease: list[float] = field(default_factory=lambda: [0.8, 0.6, 0.4, 0.2, 0.0])
    sequential: list[float] = field(default_factory=lambda: [1.0, 1.0, 0.75, 0.5, 0.5])

    def __post_init__(self) -> None:
        """Check the settings. Raises `ValueError`, and `BadInput` for the prompt file."""
        super().__post_init__()
        at_least(self, n=1, pilot=1)
        if not self.ease or len(self.ease) != len(self.sequential):
            raise ValueError(f"ease has {len(self.ease)} bins and sequential {len(self.sequential)}: expected as many")
        if list(self.ease) != sorted(self.ease, reverse=True):
            raise ValueError("ease must fall: the bin of the easiest questions comes first")
        if not all(0 <= share <= 1 for share in self.sequential):
            raise ValueError("sequential must hold numbers from 0 to 1")


def roles(config: Config) -> Mapping[str, str]:
    """Return the role of the verifier, if there is one."""
    return asks_the_verifier(config)


async def search(tree: Tree, policy: Policy, config: Config, rng: Random) -> None:
    """Sample the pilot, split what is left of the budget, choose an answer, and have all attempts judged.

    Args:
      tree: tree of the question; the attempts are added to it.
      policy: samples and revises, asks the verifier.
      config: the method's settings.
      rng: not used.
    """
    # Phase 1: how easy the question is.
    chains = await begin(policy, min(config.pilot, config.n), METHOD)
    ease = await _ease(policy, chains, config.verifier)
    # Phase 2: the split. Pilot samples that begin no chain stay chains of one.
    lengths = split(config.n, len(chains), share_of(config, ease))
    chains += await begin(policy, len(lengths) - len(chains), METHOD)
    await revise(policy, chains, lengths, config, method=METHOD)


async def _ease(policy: Policy, chains: list[Chain], verifier: str) -> float:
    """Return how easy the question seems: share of samples that agree on the most frequent answer, or mean score."""
    samples = [chain[0] for chain in chains if chain[0].ended]
    if verifier:
        scores = await together(score_whole(policy, sample.text, verifier) for sample in samples)
        return sum(scores) / len(chains)
    ballot = Ballot(policy)
    for sample in samples:
        ballot.add(planted(policy, sample))
    return ballot.leading.votes / len(chains) if ballot.leading else 0.0


def share_of(config: Config, ease: float) -> float:
    """Return the entry of `config.sequential` for the bin that `ease` falls into."""
    bins = zip(config.ease, config.sequential, strict=True)
    return next((share for bound, share in bins if ease >= bound), config.sequential[-1])


def split(n: int, pilot: int, share: float) -> list[int]:
    """Return the lengths of the chains that a budget is spent on.

    Args:
      n: attempts in all.
      pilot: samples that were taken already; each is the first attempt of a chain.
      share: how sequential, from 0 to 1.

    Returns:
      One length per chain, `pilot` of them at least; they add up to `n`.
    """
    worked_on = max(1, round(n / n**share))
    chains = max(pilot, worked_on)
    revisions, extra = divmod(n - chains, worked_on)
    return [1 + (revisions + (number < extra) if number < worked_on else 0) for number in range(chains)]
