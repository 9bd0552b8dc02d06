"""Evidence of all solutions of a question on its policy: strength, luck and evenness belong to the question.

What one solution's rollouts say of them is prior knowledge for another solution of the same question. Rollouts of a
prefix that two solutions share are in the evidence of both, so these say nothing to each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np

from factory.labelling.arrays import Array
from factory.labelling.belief import Belief
from factory.labelling.experience import Experience
from factory.rollouts.nodes import Node, Solution

Parts = tuple[int, ...]


class Case(Protocol):
    """Solution that is looked into: its prefixes of 0..M-1 steps, and the belief that knows its evidence."""

    solution: Solution
    belief: Belief
    prefixes: list[Node]


def evidence_of(cases: Iterable[Case], joint: bool) -> QuestionEvidence:
    """Return what the solutions of a question say of the policy to each other; nothing unless they are `joint`."""
    own = [case for case in cases if joint and case.solution.own and case.solution.independent]
    return QuestionEvidence((case.prefixes, case.belief) for case in own)


def tell(cases: Sequence[Case], joint: bool, experience: Experience, question_id: str) -> None:
    """Have the beliefs take what is known now of policy and sources, and what the other solutions say.

    Args:
      cases: solutions of one question.
      joint: True has them tell each other of the policy.
      experience: what is known from other questions.
      question_id: `Question.key` of the question, which may have taught it.
    """
    prior, reliability = experience.prior_without(question_id), experience.reliability_without(question_id)
    evidence = evidence_of(cases, joint)
    priors: dict[Parts, Array] = {(): prior}
    for case in cases:
        parts = evidence.others(case.prefixes)
        if parts not in priors:
            priors[parts] = evidence.prior(parts, prior)
        case.belief.take_prior(priors[parts])
        if case.solution.opinions:
            case.belief.hear(case.solution.opinions, reliability)


class QuestionEvidence:
    """Evidence of a question's solutions on its policy, each part once.

    Args:
      judged: prefixes of the policy's own, independent solutions, each with the belief that knows its evidence.
    """

    def __init__(self, judged: Iterable[tuple[Sequence[Node], Belief]] = ()) -> None:
        # Measured prefixes, by their index in the tree, and log P(verdict's rollouts behind the question | cell).
        self._parts: list[tuple[set[int], Array]] = []
        taken: set[int] = set()
        # Of two that share a measured prefix the more measured one says more.
        for prefixes, belief in sorted(judged, key=lambda pair: -pair[1].trials):
            measured = {prefixes[depth].index for depth, trials in belief.trials_at.items() if depth and trials}
            if measured and not measured & taken:
                taken |= measured
                self._parts.append((measured, belief.log_likelihood_behind_question))

    def others(self, prefixes: Sequence[Node]) -> Parts:
        """Return the parts that a solution with these prefixes does not have in its own evidence."""
        own = {node.index for node in prefixes}
        return tuple(index for index, (measured, _) in enumerate(self._parts) if own.isdisjoint(measured))

    def prior(self, parts: Parts, prior: Array) -> Array:
        """Return P(cell), shape [cells]; sums to 1.

        Args:
          parts: those that count (`others`).
          prior: P(cell) of a question that nothing is known of, shape [cells].
        """
        if not parts:
            return prior
        log = np.sum([self._parts[part][1] for part in parts], axis=0)
        weighed = prior * np.exp(log - log.max())
        total = float(weighed.sum())
        # Odds too long for a float would leave nothing at all.
        return np.asarray(weighed / total) if total > 0 else prior
