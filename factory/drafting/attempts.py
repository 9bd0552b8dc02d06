"""Chains of attempts at one question, each written with the earlier ones in view.

An attempt is a whole text from the bare question on. The first of a chain is a sample of the run's own prompt, the
others were written by another prompt. Chains are worked on side by side and enter the tree one behind the other when
all have ended, so no record depends on which was faster.

* An attempt that was cut off is shown and revised like any other. It is not judged, and does not stand for election.
* A text that is there already stays what it was first: it gets no second predecessor, so nobody revises himself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from factory.drafting.conclusion import Draft, conclude, stood
from factory.drafting.steps import complete, plant
from factory.rollouts.critique import Critique
from factory.rollouts.nodes import STEP, Node, Solution
from factory.rollouts.policy import Policy
from factory.rollouts.steps import split_steps
from factory.text.wording import unpadded
from factory.types import LENGTH, Completion


@dataclass(slots=True, eq=False)
class Attempt:
    """Attempt at the question.

    * `text`: all of it. `finish`: "stop", or `LENGTH` where it was cut off.
    * `tokens`: how many tokens each of its steps was sampled as.
    * `leaf`: node at its end, once it is in the tree.
    * `critique`: what the critic said of it, if it was asked.
    * `weight`: with which it stands for election; None where it does not.
    """

    text: str
    finish: str
    tokens: tuple[int, ...] = ()
    leaf: Node | None = None
    critique: Critique | None = None
    weight: float | None = None

    @property
    def ended(self) -> bool:
        """True when it was not cut off."""
        return self.finish != LENGTH


Chain = list[Attempt]


async def begin(policy: Policy, n: int, method: str) -> list[Chain]:
    """Return `n` new chains, each with one sample of the run's own prompt. Raises what `Models.generate` raises."""
    leaves = await complete(policy, policy.tree.root, n, method=method)
    return [[Attempt(leaf.text, leaf.finish, leaf=leaf)] for leaf in leaves]


def extend(policy: Policy, chain: Chain, replies: Sequence[Completion]) -> bool:
    """Add the one reply to a chain; return False, with nothing added, where there is none or only white space."""
    if not replies or not replies[0].text.strip():
        return False
    [reply] = replies
    steps = split_steps(reply.text, reply.token_ids, reply.token_ends, policy.separator)
    tokens = tuple(len(step.token_ids) for step in steps)
    # The prompt ended with a heading, behind which a model that was trained on such rows begins with line breaks.
    chain.append(Attempt(unpadded(reply.text), reply.finish_reason, tokens))
    return True


async def close(policy: Policy, chains: Sequence[Chain], method: str) -> None:
    """Put the chains into the tree, elect an answer, only then have everything judged, and note who revises whom.

    Raises what `Models.check` raises.
    """
    attempts = [attempt for chain in chains for attempt in chain]
    drafts = [Draft(planted(policy, attempt), attempt.weight) for attempt in attempts]
    there = set(policy.tree.solutions)
    solutions = iter(await conclude(policy, drafts, method=method, earlier=stood(policy.tree, method)))
    for chain in chains:
        before: tuple[Attempt, Solution] | None = None
        for attempt, solution in zip(chain, solutions, strict=False):
            if attempt.critique is not None:
                solution.critiques = (*solution.critiques, attempt.critique)
            if before is not None and solution not in there:
                solution.revises = before[1]
                solution.critique = before[0].critique.text if before[0].critique else ""
            there.add(solution)
            before = attempt, solution


def planted(policy: Policy, attempt: Attempt) -> Node:
    """Return the node at the end of an attempt, which is then in the tree."""
    if attempt.leaf is None:
        attempt.leaf = plant(policy, attempt.text, action=STEP, finish=attempt.finish)
        path = attempt.leaf.path()
        for node, count in zip(path, attempt.tokens, strict=False) if len(path) == len(attempt.tokens) else ():
            node.tokens = node.tokens or count
    return attempt.leaf
