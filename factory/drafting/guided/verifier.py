"""Looks ahead, and scores of many drafts at once; a draft that the verifier cannot read drops out alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from factory.drafting.guided.settings import WHOLE, Guidance
from factory.drafting.scores import score_paths
from factory.drafting.steps import next_steps
from factory.errors import PromptTooLong
from factory.rollouts.nodes import Node
from factory.rollouts.policy import Policy
from factory.rollouts.together import together

LOOK_AHEAD = "look_ahead"
"""Action of a step that was written to see where a draft leads."""


async def looked_ahead(policy: Policy, leaves: Iterable[Node], steps: int, method: str) -> dict[Node, Node]:
    """Return for each draft where the policy takes it in up to `steps` further steps, sampled greedily.

    What has ended stays where it is.
    """
    ahead = {leaf: leaf for leaf in leaves}
    for _ in range(steps):
        # Two drafts never lead to the same node: each has its own prefix.
        going = [leaf for leaf, seen in ahead.items() if not seen.finish]
        further = await together(_greedy_step(policy, ahead[leaf], method) for leaf in going)
        ahead.update(zip(going, further, strict=True))
    return ahead


async def scores_of(policy: Policy, leaves: Iterable[Node], guidance: Guidance) -> dict[Node, float]:
    """Return the verifier's score of each draft, asked for once; those that it cannot read are left out.

    Raises what the verifier raises otherwise.
    """
    distinct = [leaf for leaf in dict.fromkeys(leaves) if _texts(leaf)]
    if guidance.aggregate == WHOLE:
        whole = await together(_whole(policy, leaf, guidance.verifier) for leaf in distinct)
        return {leaf: score for leaf, score in zip(distinct, whole, strict=True) if score is not None}
    scores = await score_paths(policy, distinct, guidance.verifier, guidance.aggregate)
    # What the verifier cannot read leaves no scores behind.
    return {leaf: score for leaf, score in zip(distinct, scores, strict=True) if _is_scored(leaf)}


async def _greedy_step(policy: Policy, leaf: Node, method: str) -> Node:
    """Return the node behind the most probable next step."""
    greedy = replace(policy.sampling, temperature=0.0)
    [ahead] = await next_steps(policy, leaf, 1, method=method, action=LOOK_AHEAD, sampling=greedy)
    return ahead


async def _whole(policy: Policy, leaf: Node, role: str) -> float | None:
    """Return the scorer's own score of one draft; None where its context is too short for it."""
    try:
        return (await policy.models.score(role, policy.tree.question, _texts(leaf))).whole
    except PromptTooLong:
        return None


def _texts(leaf: Node) -> list[str]:
    """Return the texts of a draft's steps, less those that add nothing."""
    return [node.step.text for node in leaf.path() if node.step and node.step.text.strip()]


def _is_scored(leaf: Node) -> bool:
    """Return whether every step of a draft has a score."""
    return all(node.score is not None for node in leaf.path() if node.step and node.step.text.strip())
