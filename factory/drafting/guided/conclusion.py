"""End of a search over drafts: one of them is chosen, then all that are finished are judged.

The choice is made by answers and scores; no verdict exists yet.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from factory.drafting.settled import choose, settle
from factory.drafting.votes import tally
from factory.rollouts.nodes import Node, Solution
from factory.rollouts.policy import Policy

SELECTIONS = ("majority", "weighted", "max")
"""Ways to choose: most votes, most votes weighted by score, highest score."""


@dataclass(slots=True)
class Draft:
    """Finished draft that can be chosen.

    * `leaf`: node at its end.
    * `score`: what the verifier says of it, from 0 to 1.
    * `times`: how often it was sampled; each counts as a vote.
    """

    leaf: Node
    score: float
    times: int = 1


def picked(policy: Policy, drafts: Sequence[Draft], select: str) -> int | None:
    """Return the index of the draft that is chosen; None where no draft states an answer.

    Of the drafts with the chosen answer it is the one with the highest score, of equals the most frequent, then the
    first. Drafts without an answer are never chosen, where the checker reads answers.

    Args:
      policy: reads answers, by the checker's rules and without the gold answer.
      drafts: finished drafts, in the order in which they came.
      select: one of `SELECTIONS` (`factory/evaluation/best_of_n.py` has the papers).
    """
    weights = [draft.times * (draft.score if select == "weighted" else 1.0) for draft in drafts]
    votes = tally(policy, [draft.leaf.text for draft in drafts], weights)
    if not votes:
        return None
    able = [member for vote in votes for member in vote.members] if select == "max" else votes[0].members
    return max(sorted(able), key=lambda index: (drafts[index].score, drafts[index].times))


async def conclude(
    policy: Policy,
    drafts: Iterable[Draft],
    left: Sequence[Node] = (),
    *,
    method: str,
    select: str,
    earlier: Sequence[Solution] = (),
    among: Collection[Node] = (),
) -> None:
    """Choose among the finished drafts, then have all of them judged and put into the tree with their scores.

    Args:
      policy: has solutions judged.
      drafts: finished drafts; those of equal texts are one.
      left: what there is where nothing was finished: nodes that were cut off or had no steps left. They become
        solutions that were cut off, which are evidence for nothing.
      method: name of the search.
      select: one of `SELECTIONS`.
      earlier: finished solutions of this search from before a top-up; they vote, too.
      among: leaves of the drafts that may be chosen; all of them where it is empty.

    Raises:
      QuestionFailed: what `Models.check` raises.
    """
    # Phase 1: the choice, on texts and scores alone.
    voted = [Draft(one.leaf, one.score or 0.0, one.occurrences) for one in earlier]
    new = _merged(drafts)
    # By text: what ended in the beam may have ended beside it before, at another node.
    texts = {leaf.text.rstrip() for leaf in among}
    able = [draft for draft in _merged([*voted, *new]) if not among or draft.leaf.text.rstrip() in texts]
    choice = picked(policy, able, select)
    # Phase 2: the verdicts. A text that is a solution already stays the one it is.
    leaves = [leaf for draft in new for leaf in [draft.leaf] * draft.times]
    ends = {one.leaf: one for one in earlier}
    for leaf, solution in zip(leaves, await settle(policy, leaves, method=method), strict=True):
        ends[leaf] = solution
        if solution in earlier:
            solution.occurrences += 1
    for draft in new:
        ends[draft.leaf].score = draft.score
    if choice is not None:
        choose(policy.tree, ends[able[choice].leaf], able[choice].score)
    if not able:
        await settle(policy, list(dict.fromkeys(left)), method=method)


def _merged(drafts: Iterable[Draft]) -> list[Draft]:
    """Return the drafts, those of the same text as one. A draft may end at a node of its own that adds no text."""
    by_text: dict[str, Draft] = {}
    for draft in drafts:
        by_text.setdefault(draft.leaf.text.rstrip(), Draft(draft.leaf, draft.score, 0)).times += draft.times
    return list(by_text.values())
