"""Mutual consistency of rStar: another model completes the beginnings of candidates (arXiv 2408.06195, sec. 3.3).

A candidate survives where at least `min_agree` of these completions reach its answer. The score of an answer is its
share of the votes plus the share of its candidates that survived: a candidate that no completion bears out adds
nothing, and no answer is dropped or made up. Gold is not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from factory.drafting.ballot import Ballot, Choice
from factory.errors import PromptTooLong
from factory.rollouts.nodes import Node
from factory.rollouts.policy import Policy
from factory.rollouts.together import together
from factory.types import LENGTH, content_id

_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Settings of the check.

    * `role`: role of the model that completes. `shares`: parts of a candidate's words that it is shown, from 0 to 1.
    * `min_agree`: completions that have to reach a candidate's answer.
    """

    role: str
    shares: Sequence[float]
    min_agree: int


def beginning(text: str, share: float) -> str:
    """Return the first words of a text: that share of them, at least one, and one less than all at most.

    Nothing of the white space behind is kept, so that the model that goes on chooses it. "" for fewer than two words.
    """
    words = list(_WORD.finditer(text))
    if len(words) < 2:
        return ""
    kept = min(max(int(share * len(words)), 1), len(words) - 1)
    return text[: words[kept - 1].end()]


async def agreements(policy: Policy, candidates: Sequence[Node], ballot: Ballot, check: Check) -> dict[Node, int]:
    """Return how many completions of its beginnings reach each candidate's answer; all are asked for at once.

    Raises what `Models.generate` raises. A beginning that does not fit the model's context agrees with nothing.
    """
    asked = [(leaf, share) for leaf in candidates for share in check.shares]
    answers = await together(_completed(policy, leaf.text, share, check.role) for leaf, share in asked)
    agreed = dict.fromkeys(candidates, 0)
    for (leaf, _), answer in zip(asked, answers, strict=True):
        choice = ballot.choice(leaf)
        agreed[leaf] += bool(choice and answer is not None and policy.same(choice.answer, answer))
    return agreed


async def _completed(policy: Policy, text: str, share: float, role: str) -> str | None:
    """Return the answer that a model reaches from the beginning of a solution; None where it reaches none."""
    start = beginning(text, share)
    if not start:
        return None
    purpose = f"rstar:mutual:{content_id(text)}:{share}"
    try:
        [completion] = await policy.write(policy.prompt, purpose, role=role, prefix_text=start)
    except PromptTooLong:
        return None
    return None if completion.finish_reason == LENGTH else policy.answer(start + completion.text)


def final_scores(ballot: Ballot, agreed: Mapping[Node, int], min_agree: int) -> dict[Choice, float]:
    """Return the score of each answer: share of the votes plus survival rate of its candidates (0 without any)."""
    scores = {}
    for choice in ballot.choices:
        candidates = [leaf for leaf in choice.leaves if leaf in agreed]
        survivors = sum(agreed[leaf] >= min_agree for leaf in candidates)
        scores[choice] = choice.votes / ballot.total + (survivors / len(candidates) if candidates else 0.0)
    return scores


def best(ballot: Ballot, scores: Mapping[Choice, float], agreed: Mapping[Node, int]) -> Node | None:
    """Return the candidate that is most borne out, of the answer with the highest score; None without an answer.

    Of equals the first counts: the answer that was stated first, the draft that came first. Answers that no candidate
    states are left to those that some do.
    """
    stated = [choice for choice in ballot.choices if any(leaf in agreed for leaf in choice.leaves)]
    if not stated:
        return None
    winner = max(stated, key=lambda choice: scores[choice])
    return max((leaf for leaf in winner.leaves if leaf in agreed), key=lambda leaf: agreed[leaf])
