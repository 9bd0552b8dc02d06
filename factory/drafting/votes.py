"""Votes of texts by their answers (self-consistency, Wang et al., arXiv 2203.11171), plain or weighted. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from factory.rollouts.asking import Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """Answer with all that voted for it.

    * `answer`: as the first of them writes it.
    * `weight`: sum of their weights.
    * `members`: their places among the texts, ascending.
    """

    answer: str
    weight: float
    members: tuple[int, ...]


def tally(policy: Asker, texts: Sequence[str], weights: Sequence[float] | None = None) -> list[Vote]:
    """Return the votes of texts, the heaviest first; among equals the one that came first.

    An answer joins the first group whose first answer means the same. A text without an answer votes for nothing.

    Args:
      policy: reads answers and compares them, by the run's checker without the gold.
      texts: whole solution texts.
      weights: what each vote counts; None for 1 each.

    Raises:
      ValueError: there are not as many weights as texts.
    """
    counts = [1.0] * len(texts) if weights is None else weights
    if len(counts) != len(texts):
        raise ValueError(f"got {len(counts)} weights of {len(texts)} texts, expected as many")
    groups: list[tuple[str, list[int]]] = []
    by_spelling: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        answer = policy.answer(text)
        if answer is None:
            continue
        members = by_spelling.get(answer)
        if members is None:
            members = next((those for first, those in groups if policy.same(first, answer)), None)
            if members is None:
                members = []
                groups.append((answer, members))
            by_spelling[answer] = members
        members.append(place)
    votes = [
        Vote(answer=answer, weight=sum(counts[place] for place in members), members=tuple(members))
        for answer, members in groups
    ]
    return sorted(votes, key=lambda vote: (-vote.weight, vote.members[0]))
