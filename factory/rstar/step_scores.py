"""Step scores of rStar: the share of direct finishes from a node that reach the answer of the path. Pure.

Paths with different answers share nodes: the best path through a node counts, first of all the chosen one. A search
that goes on may choose another, so scores of an earlier run are looked at again. A record does not say which finishes
were whose: where the answer of a node's path is another now, they are taken to be the drafts right behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from factory.drafting.ballot import Ballot, Choice
from factory.rollouts.nodes import Node, Solution
from factory.rstar.actions import FINISH


class StepScores:
    """Scores of the steps of one question's search.

    `ballot` has the votes of the drafts, `solutions` what an earlier run has settled.
    """

    def __init__(self, ballot: Ballot, solutions: Iterable[Solution]) -> None:
        self._ballot = ballot
        earlier = list(solutions)
        self._answers = self._answers_of(one for one in earlier if one.finish_reason == "stop")
        self._finishes: dict[Node, list[Node]] = {}
        for solution in earlier:
            if solution.leaf.action == FINISH:
                self._finishes.setdefault(_expanded_above(solution.leaf), []).extend(
                    [solution.leaf] * solution.occurrences
                )

    def add(self, node: Node, finishes: Sequence[Node]) -> None:
        """Take in the direct finishes (A2) from a node, repeats included; cut-off ones reach no answer."""
        self._finishes[node] = list(finishes)

    def fill(self, solutions: Mapping[Node, Solution]) -> None:
        """Set the `score` of every node that has direct finishes and lies on a path with an answer.

        `solutions` are all of the search, with their scores and the choice among them, by `Ballot.draft`.
        """
        for node, answer in self._answers_of(solutions.values()).items():
            ends = self._finishes.get(node)
            if ends and not (node.score is not None and self._answers.get(node) is answer):
                node.score = sum(self._ballot.choice(end) is answer for end in ends) / len(ends)

    def _answers_of(self, solutions: Iterable[Solution]) -> dict[Node, Choice]:
        """Return for every node on a path the answer of the best one."""
        best_first = sorted(solutions, key=lambda one: (not one.selected, -(one.score or 0.0), one.leaf.index))
        answers: dict[Node, Choice] = {}
        for solution in best_first:
            answer = self._ballot.choice(solution.leaf)
            if answer is not None:
                for node in self._ballot.draft(solution.leaf).path():
                    answers.setdefault(node, answer)
        return answers


def _expanded_above(leaf: Node) -> Node:
    """Return the last node above a draft's end whose children were asked for."""
    node = leaf
    while node.parent is not None and (node is leaf or not node.searched):
        node = node.parent
    return node
