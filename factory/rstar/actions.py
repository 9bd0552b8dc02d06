"""Grammar of rStar's actions: which may follow which, and what a node may still do (arXiv 2408.06195, sec. 3.2). Pure.

| action | what it adds to the solution |
|---|---|
| A1 | one step |
| A2 | everything that is left: the solution ends |
| A3 | the next sub-question and its answer, as one step |
| A4 | the last sub-question, answered once more without a look at the first answer |
| A5 | the question in other words, as a first step |
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from factory.rollouts.nodes import STEP, Node

STEP_ON, FINISH, SUB_QUESTION, ANSWER_AGAIN, REPHRASE = "A1", "A2", "A3", "A4", "A5"
ACTIONS = (STEP_ON, FINISH, SUB_QUESTION, ANSWER_AGAIN, REPHRASE)
ROOT = ""

FOLLOWS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        ROOT: (STEP_ON, FINISH, SUB_QUESTION, REPHRASE),
        REPHRASE: (STEP_ON, FINISH, SUB_QUESTION),
        SUB_QUESTION: (STEP_ON, FINISH, SUB_QUESTION, ANSWER_AGAIN),
        ANSWER_AGAIN: (STEP_ON, FINISH, SUB_QUESTION),
        STEP_ON: (STEP_ON, FINISH),
        FINISH: (),
    }
)
"""Actions that may follow each action; `ROOT` stands for the bare question."""


def action_of(node: Node) -> str:
    """Return the action that led to a node; `ROOT` for the root."""
    return ROOT if node.parent is None else node.action


def open_actions(node: Node, max_depth: int) -> tuple[str, ...]:
    """Return the actions of a node, in the order of their names; none where a solution ends.

    Args:
      node: node of the search; every node above it is one action.
      max_depth: most actions of a solution. The last of them is a finish, so that every branch ends with an answer.
    """
    # A node that no action of rStar led to (a step of a solution that came with the question) is like one of A1.
    follows = FOLLOWS.get(action_of(node), FOLLOWS[STEP_ON])
    if node.finish:
        return ()
    return follows if node.depth < max_depth - 1 else tuple(action for action in follows if action == FINISH)


def choices(node: Node) -> list[Node]:
    """Return the children among which a selection chooses, in the order they were added.

    These are all that an action other than A2 led to, and of the direct finishes those that a rollout has ended in.
    """
    return [child for child in node.children if child.visits or (child.action in FOLLOWS and child.action != FINISH)]


def name(nodes: list[Node], action: str) -> None:
    """Name the action that led to `nodes`.

    A node that other samples passed through first, or a direct finish, takes the new name: it is a choice from now on.
    """
    for node in nodes:
        if node.action in (STEP, FINISH):
            node.action = action
