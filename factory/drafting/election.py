"""Election of an answer among drafts, before any verdict, and what follows: verdicts, scores, the search's pick."""

from __future__ import annotations

from collections.abc import Sequence

from factory.drafting.settled import choose, settle
from factory.drafting.votes import tally
from factory.rollouts.nodes import Node, Solution
from factory.rollouts.policy import Policy


async def conclude(
    policy: Policy, leaves: Sequence[Node], weights: Sequence[float | None], *, method: str
) -> list[Solution]:
    """Elect an answer, only then have all drafts judged, and mark the one that was elected.

    A solution's `score` is the sum of the weights with which its text stood for election. What stood in an earlier run
    stands again with it, so a question that is continued elects among all.

    Args:
      policy: reads answers, then has the texts checked.
      leaves: ends of the new drafts.
      weights: the weight of each; None for one that does not stand.
      method: name of the search method.

    Returns:
      The solutions in the order of `leaves`. Raises what `Models.check` raises.
    """
    # Phase 1: the election.
    tree = policy.tree
    earlier = {one: one.score for one in tree.solutions if one.method == method and one.score is not None}
    standing = [place for place, weight in enumerate(weights) if weight is not None]
    votes = [*earlier.values(), *(weight for weight in weights if weight is not None)]
    winner = elected(policy, [*(one.text for one in earlier), *(leaves[place].text for place in standing)], votes)
    # Phase 2: the verdicts, and what stood how.
    solutions = await settle(policy, leaves, method=method)
    candidates = [*earlier, *(solutions[place] for place in standing)]
    for solution in candidates:
        solution.score = 0.0
    for solution, vote in zip(candidates, votes, strict=True):
        solution.score = (solution.score or 0.0) + vote
    if winner is not None:
        choose(tree, candidates[winner])
    return solutions


def elected(policy: Policy, texts: Sequence[str], weights: Sequence[float]) -> int | None:
    """Return the place of the text that stands for the answer with the most weight.

    Of the texts with that answer it is the one with the most weight, equal texts taken together, and the first of
    those. Where no text states an answer, it is taken from all; None where there is no text.
    """
    votes = tally(policy, texts, weights)
    members = votes[0].members if votes else tuple(range(len(texts)))
    by_text: dict[str, float] = {}
    for place in members:
        text = texts[place].rstrip()
        by_text[text] = by_text.get(text, 0.0) + weights[place]
    return max(members, key=lambda place: by_text[texts[place].rstrip()], default=None)
