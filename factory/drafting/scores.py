"""Scores of drafts by a verifier: a process reward model's score of each step, an outcome reward model's of a text.

A step's score is kept in its node, so a method asks one verifier of steps. What the verifier cannot read (it is too
long for its context) counts as 0 and leaves no score behind.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from factory.errors import PromptTooLong
from factory.rollouts.asking import Asker
from factory.rollouts.nodes import Node
from factory.rollouts.steps import steps_of_text
from factory.rollouts.together import together
from factory.types import Scores

AGGREGATES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "last": lambda scores: scores[-1],
    "min": min,
    "product": math.prod,
    "mean": lambda scores: sum(scores) / len(scores),
}
"""Ways to make one score of those of all steps, by name."""


async def score_path(policy: Asker, leaf: Node, role: str, aggregate: str = "last") -> float:
    """Return the score of a draft: those of its steps, put together.

    Args:
      policy: asks the verifier.
      leaf: last node of the draft.
      role: role of the verifier.
      aggregate: one of `AGGREGATES`.

    Returns:
      A score from 0 to 1; 0 for the bare question, and for a draft that the verifier cannot read.

    Raises:
      QuestionFailed: the verifier did not answer.
    """
    [score] = await score_paths(policy, [leaf], role, aggregate)
    return score


async def score_paths(policy: Asker, leaves: Sequence[Node], role: str, aggregate: str = "last") -> list[float]:
    """Return the scores of several drafts, as `score_path` does; the verifier is asked about all at the same time.

    Scores get into the tree in the order of `leaves`, whichever answer comes first.
    """
    paths = [_steps(leaf) for leaf in leaves]
    # One request per draft, whose steps are those of all its prefixes, too.
    unknown = {path[-1]: path for path in paths if path and any(node.score is None for node in path)}
    answers = await together(_ask(policy, role, path) for path in unknown.values())
    for path, scores in zip(unknown.values(), answers, strict=True):
        for node, score in zip(path, scores.steps if scores else (), strict=False):
            node.score = score if node.score is None else node.score
    return [_aggregated(path, aggregate) for path in paths]


async def score_whole(policy: Asker, draft: str | Node, role: str) -> float:
    """Return a verifier's score of a whole solution, a text or the draft that ends at a node. Nothing is kept of it.

    0 where the verifier cannot read it. Raises what the verifier raises otherwise.
    """
    if isinstance(draft, Node):
        texts = [node.step.text for node in _steps(draft) if node.step]
    else:
        texts = [step.text for step in steps_of_text(draft, policy.separator)]
    if not texts:
        return 0.0
    try:
        return (await policy.models.score(role, policy.tree.question, texts)).whole
    except PromptTooLong:
        return 0.0


async def _ask(policy: Asker, role: str, path: Sequence[Node]) -> Scores | None:
    """Return the verifier's scores of a path; None where it is too long for it."""
    try:
        return await policy.models.score(role, policy.tree.question, [node.step.text for node in path if node.step])
    except PromptTooLong:
        return None


def _aggregated(path: Sequence[Node], aggregate: str) -> float:
    """Return one score of a path; 0 for one that has none, or not all."""
    scores = [node.score for node in path if node.score is not None]
    return AGGREGATES[aggregate](scores) if scores and len(scores) == len(path) else 0.0


def _steps(leaf: Node) -> list[Node]:
    """Return the nodes of a draft, less those that add nothing to its text."""
    return [node for node in leaf.path() if node.step and node.step.text.strip()]
