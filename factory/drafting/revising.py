"""Revision chains: a model that sees the earlier attempts writes the next one (Snell et al., arXiv 2408.03314,
sec. 6.1).

No critic and no verdict comes in between. A model that was trained on the export format `revisions` is shown what it
was trained on (`revise_bare`); any other gets examples (`revise`).
"""

from __future__ import annotations

from collections.abc import Sequence

from factory.drafting.attempts import Chain, extend, planted
from factory.drafting.conclusion import Draft, picked
from factory.drafting.prompts import ask
from factory.drafting.scores import score_whole
from factory.drafting.transcript import transcript
from factory.rollouts.policy import Policy
from factory.rollouts.together import together


async def lengthen(
    policy: Policy, chain: Chain, length: int, purpose: str, *, prompt: str, style: str, shown: int
) -> None:
    """Write revisions until a chain has `length` attempts.

    It ends early where not even the latest attempt fits the model's context, or where nothing is written.

    Args:
      policy: writes.
      chain: the chain, with one attempt at least; it grows.
      length: attempts in all.
      purpose: name of the chain, which seeds its requests.
      prompt: prompt file. `style`: its style, "" for that of the run.
      shown: most attempts that are shown, the latest.
    """
    while len(chain) < length:
        latest = [attempt.text for attempt in chain[-shown:]]
        # What does not fit loses its oldest attempts.
        fills = [{"attempts": transcript(latest[first:])} for first in range(len(latest))]
        if not extend(policy, chain, await ask(policy, prompt, f"{purpose}:{len(chain)}", fills, style=style)):
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
