"""Ends of drafts: finished ones are checked at last, and the method says which of them it answers with.

This is where a search reads the gold answer, behind everything that it does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from factory.drafting.ballot import Ballot
from factory.rollouts.nodes import GIVEN, PROBE, Node, Solution
from factory.rollouts.policy import Policy, finish_of
from factory.rollouts.together import together
from factory.rollouts.tree import Tree, same_ending
from factory.types import LENGTH, Verdict


async def settle(policy: Policy, leaves: Sequence[Node], *, method: str) -> list[Solution]:
    """Check drafts and put them into the tree as solutions that are no independent samples.

    They are evidence at no node. An open draft counts as cut off, and what was cut off has no outcome.

    Args:
      policy: checks them, with the gold answer.
      leaves: ends of drafts; a node that comes several times is one solution with as many occurrences.
      method: name of the search method.

    Returns:
      The solutions in the order of `leaves`. A draft whose text is a solution already is that one, unchanged.

    Raises:
      CheckerFailed: the checker is gone.
    """
    places = [_place(leaf) for leaf in leaves]
    counts = Counter(places)
    finishes: dict[Node, str] = {}
    for leaf, place in zip(leaves, places, strict=True):
        finishes[place] = finishes[place] if finishes.get(place) == "stop" else leaf.finish or LENGTH
    # Phase 1: what is a solution already is not checked again.
    settled = {place: known for place in counts if (known := same_ending(place)) is not None}
    new = [place for place in counts if place not in settled]
    for place, known in settled.items():
        if known.method in (PROBE, GIVEN):
            # An earlier run's labeller came to this text first, or it came with the question; the tree notes that it is
            # a search's now, too.
            policy.tree.end(_solution(place, known.verdict, known.finish_reason, method, counts[place]))
    # Phase 2: check the others, and add them in order.
    verdicts = await together(policy.check(place.text) for place in new)
    for place, verdict in zip(new, verdicts, strict=True):
        finish = finish_of(finishes[place], verdict, place.text)
        settled[place] = policy.tree.end(
            _solution(place, verdict, finish, method, counts[place], begun=policy.tree.begun)
        )
    return [settled[place] for place in places]


async def settle_all(policy: Policy, ballot: Ballot, *, method: str) -> dict[Node, Solution]:
    """Check every finished draft of a tree, as `settle` does, and return the solutions by `Ballot.draft`.

    Votes become occurrences, those of an earlier run included. What others have sampled keeps its own count.

    Args:
      policy: checks them, with the gold answer.
      ballot: votes of the drafts.
      method: name of the search method.

    Raises:
      CheckerFailed: the checker is gone.
    """
    drafts = ballot.ends(policy.tree)
    settled = await settle(policy, drafts, method=method)
    solutions = dict(zip(map(ballot.draft, drafts), settled, strict=True))
    for draft, solution in solutions.items():
        if solution.method == method and not solution.independent:
            solution.occurrences = int(ballot.votes(draft)) or solution.occurrences
    return solutions


def choose(tree: Tree, solution: Solution, score: float | None = None) -> None:
    """Mark a solution as the one that the search answers with, in the place of any that it had chosen before.

    Args:
      tree: tree of the question.
      solution: the choice.
      score: what the selection gave it; None leaves its score as it is.
    """
    # A choice may be a text that somebody else had brought; then its method does not say which search chose it.
    others = (GIVEN, PROBE)
    for other in tree.solutions:
        if other.method in (solution.method, *others) or solution.method in others:
            other.selected = False
    solution.selected = True
    if score is not None:
        solution.score = score


def _place(leaf: Node) -> Node:
    """Return the node at which the text of a draft ends: one that adds no text is none."""
    while leaf.parent is not None and leaf.step is not None and not leaf.step.text.strip():
        leaf = leaf.parent
    return leaf


def _solution(
    leaf: Node, verdict: Verdict, finish: str, method: str, occurrences: int, *, begun: bool = False
) -> Solution:
    return Solution(leaf, 0, verdict, finish, method, occurrences=occurrences, independent=False, begun=begun)
