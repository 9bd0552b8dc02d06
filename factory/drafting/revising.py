"""Revision chains: a model that sees the earlier attempts writes the next one (Snell et al., arXiv 2408.03314,
sec. 6.1).

No critic and no verdict comes in between. A model that was trained on the export format `revisions` is shown what it
was trained on (`revise_bare`); any other gets examples (`revise`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from factory.contracts.roles import SCORE
from factory.drafting.amounts import at_least
from factory.drafting.attempts import Chain, close, extend, planted
from factory.drafting.conclusion import Draft, picked
from factory.drafting.prompts import ask
from factory.drafting.scores import score_whole
from factory.drafting.transcript import transcript
from factory.rollouts.policy import Policy
from factory.rollouts.prompting import cached_prompt
from factory.rollouts.together import together


@dataclass
class Revising:
    """Settings that methods share which revise: how attempts are revised, and what chooses among them.

    * `shown`: most earlier attempts that a revision sees, the latest ones; four in the paper.
    * `verifier`: role of a model that scores attempts; "" for votes.
    * `revise_prompt`: prompt file with places for {question} and {attempts}; `revise_bare` for a model that was trained
      on the export format `revisions`.
    * `style`: its style, `raw` or `chat`; "" for that of the run.
    """

    shown: int = 4
    verifier: str = ""
    revise_prompt: str = "revise"
    style: str = ""

    def __post_init__(self) -> None:
        """Check the settings. Raises `ValueError`, and `BadInput` for the prompt file."""
        at_least(self, shown=1)
        cached_prompt(self.revise_prompt, self.style, ("attempts",))


def asks_the_verifier(config: Revising) -> Mapping[str, str]:
    """Return the role of the verifier, which scores, if there is one."""
    return {config.verifier: SCORE} if config.verifier else {}


async def revise(
    policy: Policy, chains: Sequence[Chain], lengths: Sequence[int], config: Revising, *, method: str, before: int = 0
) -> None:
    """Write the revisions of all chains, side by side, choose an answer, and have all attempts judged.

    Args:
      policy: revises, asks the verifier.
      chains: the chains, with one attempt each at least; they grow.
      lengths: attempts in all, of each chain.
      config: how.
      method: name of the search method.
      before: number of chains of an earlier run: each has its number in its seeds.

    Raises:
      QuestionFailed: what the models raise.
    """
    await together(
        _lengthen(policy, chain, length, config, f"{method}:{number}")
        for number, (chain, length) in enumerate(zip(chains, lengths, strict=True), start=before)
    )
    await weigh(policy, chains, config.verifier)
    await close(policy, chains, method)


async def _lengthen(policy: Policy, chain: Chain, length: int, config: Revising, purpose: str) -> None:
    """Write revisions until a chain has `length` attempts; `purpose` seeds the requests.

    It ends early where not even the latest attempt fits the model's context, or where nothing is written.
    """
    while len(chain) < length:
        latest = [attempt.text for attempt in chain[-config.shown :]]
        # What does not fit loses its oldest attempts.
        fills = [{"attempts": transcript(latest[first:])} for first in range(len(latest))]
        replies = await ask(policy, config.revise_prompt, f"{purpose}:{len(chain)}", fills, style=config.style)
        if not extend(policy, chain, replies):
            return


async def weigh(policy: Policy, chains: Sequence[Chain], verifier: str) -> None:
    """Say which attempts stand for election, and with which weight (Snell et al., sec. 6.1).

    Without a verifier every attempt that ended has one vote, whatever its chain: few chains are long enough to vote in
    themselves. With one the choice is made twice by weighted best-of-N: within each chain, then among what the chains
    sent, each with its own score.

    Args:
      policy: reads answers, asks the verifier.
      chains: the chains; attempts that were cut off do not stand.
      verifier: role of a model that scores; "" for none.
    """
    ended = [[attempt for attempt in chain if attempt.ended] for chain in chains]
    if not verifier:
        for attempt in (attempt for chain in ended for attempt in chain):
            attempt.weight = 1.0
        return
    # Drafts are compared as nodes. All enter the tree in their order, those that were cut off as well.
    leaves = [[planted(policy, attempt) for attempt in chain] for chain in chains]
    scores = iter(await together(score_whole(policy, attempt.text, verifier) for chain in ended for attempt in chain))
    for chain, ends in zip(chains, leaves, strict=True):
        standing = [(one, Draft(leaf, next(scores))) for one, leaf in zip(chain, ends, strict=True) if one.ended]
        best = picked(policy, [draft for _, draft in standing])
        if best is not None:
            attempt, draft = next(one for one in standing if one[1].text == best.text)
            attempt.weight = draft.weight
