"""Step scores of rStar: the share of direct finishes from a node that reach the answer of the path. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from factory.drafting.ballot import Ballot
from factory.rollouts.nodes import Node


def score_steps(paths: Iterable[Node], finishes: Mapping[Node, Sequence[Node]], ballot: Ballot) -> None:
    """Set the `score` of every node that has direct finishes (A2) and lies on a path.

    Paths with different answers share nodes: the first path through a node counts.

    Args:
      paths: ends of the solutions, the one that was chosen first, then the others, the best first.
      finishes: direct finishes from a node, repeats included; cut-off ones reach no answer.
      ballot: answers that they state.
    """
    scored: set[Node] = set()
    for leaf in paths:
        answer = ballot.choice(leaf)
        for node in leaf.path():
            ends = finishes.get(node)
            if ends and answer is not None and node not in scored:
                node.score = sum(ballot.choice(end) is answer for end in ends) / len(ends)
                scored.add(node)
