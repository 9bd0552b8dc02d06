"""End of a search over drafts: an answer is chosen, only then are all drafts judged and put into the tree.

The choice is made by answers, weights and scores; no verdict exists yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from factory.drafting.ballot import Ballot
from factory.drafting.settled import choose, settle
from factory.rollouts.asking import Asker
from factory.rollouts.nodes import Node, Solution
from factory.rollouts.policy import Policy
from factory.rollouts.tree import Tree

MAJORITY, WEIGHTED, MAX = "majority", "weighted", "max"
SELECTIONS = (MAJORITY, WEIGHTED, MAX)
"""Ways to choose: most votes, most votes weighted by score, highest score."""


@dataclass(slots=True)
class Draft:
    """Draft at the end of a search.

    * `leaf`: node at its end.
    * `weight`: votes that it has, all its samples together; None for one that is judged but does not stand.
    * `score`: what the verifier says of it, from 0 to 1; None where nobody was asked or it cannot be read.
    * `times`: how often it was sampled.
    """

    leaf: Node
    weight: float | None = 1.0
    score: float | None = None
    times: int = 1

    @classmethod
    def scored(cls, leaf: Node, score: float | None, times: int = 1) -> Draft:
        """Return a draft that a verifier was asked about, each of whose samples is a vote."""
        return cls(leaf, times, score, times)

    @property
    def text(self) -> str:
        """Its text; white space at the end makes no other draft."""
        return self.leaf.text.rstrip()


def finished(reached: Mapping[Node, int], scores: Mapping[Node, float]) -> list[Draft]:
    """Return the drafts among nodes that came to an end with words, those that the verifier cannot read as well.

    Args:
      reached: nodes, and how often each was sampled.
      scores: the verifier's scores; of what it cannot read it has none.
    """
    return [
        Draft.scored(leaf, scores.get(leaf), times)
        for leaf, times in reached.items()
        if leaf.finish == "stop" and leaf.text.strip()
    ]


def picked(policy: Asker, drafts: Iterable[Draft], select: str = MAJORITY) -> Draft | None:
    """Return the draft that is chosen, those of equal texts as one; None where none that stands states an answer.

    Of the drafts with the chosen answer it is the one with the highest score, of equals the one with the most votes,
    then the first. Drafts without an answer are never chosen, where the checker reads answers. Scores choose among the
    drafts that the verifier could read. Where none of these states an answer, or all votes weigh nothing, plain votes
    choose: the question has an answer if any draft has.

    Args:
      policy: reads answers, by the checker's rules and without the gold answer.
      drafts: drafts, in the order in which they came.
      select: one of `SELECTIONS` (`factory/evaluation/best_of_n.py` has the papers).
    """
    standing = [draft for draft in _merged(drafts) if draft.weight is not None]
    read = [draft for draft in standing if draft.score is not None or select == MAJORITY]
    return _best(policy, read, select) or _best(policy, standing, MAJORITY)


def _best(policy: Asker, drafts: Sequence[Draft], select: str) -> Draft | None:
    """Return the choice among drafts of different texts, all of which stand; None where none states an answer."""
    ballot = Ballot(policy)
    weights = [(draft.weight or 0.0) * ((draft.score or 0.0) if select == WEIGHTED else 1.0) for draft in drafts]
    for draft, weight in zip(drafts, weights, strict=True):
        ballot.add(draft.leaf, weight if any(weights) else draft.times)
    leading = ballot.leading
    able = [draft for draft in drafts if (choice := ballot.choice(draft.leaf)) and (choice is leading or select == MAX)]
    return max(able, key=lambda draft: (draft.score or 0.0, draft.weight or 0.0), default=None)


async def conclude(
    policy: Policy,
    drafts: Sequence[Draft],
    left: Iterable[Node] = (),
    *,
    method: str,
    select: str = MAJORITY,
    scored: bool = False,
    earlier: Sequence[Draft] = (),
) -> list[Solution]:
    """Choose among the drafts that stand, only then have all drafts judged, and mark the one that was chosen.

    Args:
      policy: reads answers, then has the texts checked.
      drafts: ends of the search; those of equal texts are one.
      left: what there is where none stands: nodes that were cut off or had no steps left. They become solutions that
        were cut off, which are evidence for nothing.
      method: name of the search method.
      select: one of `SELECTIONS`.
      scored: True where a verifier was asked: its score is that of the solution, and what it cannot read has none. Else
        the solution's score is the weight with which its text stood.
      earlier: finished solutions of this search from before a top-up, as drafts; they stand again.

    Returns:
      The solutions in the order of `drafts`.

    Raises:
      QuestionFailed: what `Models.check` raises.
    """
    # Phase 1: the choice, on texts, weights and scores alone.
    new, all_drafts = _merged(drafts), _merged([*earlier, *drafts])
    chosen = picked(policy, all_drafts, select)
    # Phase 2: the verdicts. A text that is a solution already stays the one it is.
    ends = {draft.text: draft.leaf.ending for draft in earlier}
    before = {solution for solution in ends.values() if solution is not None}
    leaves = [leaf for draft in new for leaf in [draft.leaf] * draft.times]
    texts = [text for draft in new for text in [draft.text] * draft.times]
    for text, solution in zip(texts, await settle(policy, leaves, method=method), strict=True):
        ends[text] = solution
        solution.occurrences += solution in before
    # Phase 3: what stood how, and which was chosen.
    solutions = {text: solution for text, solution in ends.items() if solution is not None}
    for draft in all_drafts:
        score = draft.score if scored else draft.weight
        if score is not None:
            solutions[draft.text].score = score
    if chosen is not None:
        choose(policy.tree, solutions[chosen.text], chosen.score)
    if all(draft.weight is None for draft in all_drafts):
        await settle(policy, list(dict.fromkeys(left)), method=method)
    return [solutions[draft.text] for draft in drafts]


def stood(tree: Tree, method: str) -> list[Draft]:
    """Return what stood in an earlier run of a method that asks no verifier, with its weight: that is its score."""
    before = [one for one in tree.solutions if one.method == method and one.score is not None]
    return [Draft(one.leaf, one.score, times=one.occurrences) for one in before]


def _merged(drafts: Iterable[Draft]) -> list[Draft]:
    """Return the drafts, those of the same text as one. A draft may end at a node of its own that adds no text."""
    by_text: dict[str, Draft] = {}
    for draft in drafts:
        one = by_text.setdefault(draft.text, Draft(draft.leaf, None, draft.score, 0))
        if draft.leaf.finish == "stop" != one.leaf.finish:
            # It may have been cut off at another node.
            one.leaf = draft.leaf
        one.times += draft.times
        one.score = draft.score if one.score is None else one.score
        if draft.weight is not None:
            one.weight = (one.weight or 0.0) + draft.weight
    return list(by_text.values())
