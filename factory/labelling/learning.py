"""Lesson of one question: what all its evidence says about the policy.

The solutions of a question share the policy, so the likelihood of a cell is a product over them. All of them count: the
one that took most rollouts to settle is the most surprising one, and a prior that learnt from it alone would expect
such surprises. Only those that a search has guided, revised or put together teach nothing: where they fail is no draw
of the policy's. What solutions share counts once: the rollouts of the bare question; and of two that share a measured
prefix only the more measured one counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from factory.labelling.arrays import Array
from factory.labelling.belief import Belief
from factory.labelling.experience import Experience
from factory.labelling.opinions import Heard
from factory.labelling.step_labels import SolutionLabeller
from factory.rollouts.nodes import PROBE, Node, Solution
from factory.rollouts.tree import Tree


def learn(experience: Experience, tree: Tree) -> None:
    """Teach `experience` what the question of `tree` says so far; its labeller may have done so already."""
    rollouts = rollouts_of(tree)
    if not experience.learns or experience.rollouts_of(tree.question.key) == rollouts:
        return
    judged = [
        solution
        for solution in tree.solutions
        if solution.outcome is not None and solution.leaf.depth and solution.method != PROBE and solution.independent
    ]
    # Those without a rollout from inside say no more than the first of them.
    measured = [solution for solution in judged if any(trials for trials, _ in solution.evidence()[1:])]
    labeller = SolutionLabeller(experience, 0)
    beliefs = [(solution.prefixes(), labeller.belief(solution)) for solution in measured or judged[:1]]
    if beliefs:
        heard = heard_of((each, labeller.belief(each)) for each in measured if each.opinions)
        experience.teach(tree.question.key, likelihood(beliefs), rollouts, heard)


def heard_of(beliefs: Iterable[tuple[Solution, Belief]]) -> list[Heard]:
    """Return what was said of solutions, and what their rollouts say: what sources are learnt from.

    Solutions without a rollout from inside count, too: they are the ones that a source was believed about, and without
    them it would be known by its misses alone. What they say of it is what is known of it already.

    `beliefs` are the solutions that were looked into, with the beliefs that know their evidence.
    """
    return [Heard(solution.opinions, belief.by_rollouts) for solution, belief in beliefs if solution.opinions]


def rollouts_of(tree: Tree) -> int:
    """Return the number of solutions that are in `tree`, given ones and labellers' rollouts included."""
    return sum(solution.rollouts for solution in tree.solutions)


def likelihood(beliefs: Iterable[tuple[Sequence[Node], Belief]]) -> Array:
    """Return P(evidence of one question | cell), up to a factor, shape [cells].

    `beliefs` are at least one solution of the question: its prefixes, and the belief that knows its evidence.
    """
    counted: set[int] = set()
    total: Array | None = None
    for prefixes, belief in sorted(beliefs, key=lambda pair: -pair[1].trials):
        # The bare question is in all of them, and counts with the first.
        own = {prefixes[depth].index for depth, trials in belief.trials_at.items() if depth and trials}
        if total is None:
            total = belief.log_likelihood
        elif not own & counted:
            total = total + belief.log_likelihood_behind_question
        counted |= own
    assert total is not None
    return np.asarray(np.exp(total - total.max()))
