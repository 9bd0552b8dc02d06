"""Votes of a critic on solutions whose first error is sought, bought where they tell more per cost than rollouts do.

A cost is tokens times the price of the role that samples them (`models.ROLE.engine.completion_price`, and
`prompt_price` for what a critic reads); where nobody has a price, it is tokens.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from factory.drafting.critiques import StepCritic, vote
from factory.labelling.arrays import Array
from factory.labelling.belief import Belief
from factory.labelling.experience import Experience
from factory.labelling.further_votes import information_of_vote
from factory.labelling.opinions import NONE
from factory.labelling.sources import of_votes
from factory.labelling.step_labels import CONTRADICTED
from factory.rollouts.nodes import Solution
from factory.rollouts.policy import Policy

# Characters of a token, roughly; the same for all roles, so that it hardly matters.
_CHARS = 4.0
# Bits that a vote has to promise to be worth asking for.
_WORTHLESS = 0.01


class Case(Protocol):
    """Solution that is looked into, and the belief that knows its evidence."""

    @property
    def solution(self) -> Solution:
        """The solution."""
        ...

    @property
    def belief(self) -> Belief:
        """Posterior over its first error."""
        ...


@dataclass(slots=True, eq=False)
class Votes:
    """Buyer of votes.

    * `policy`: asks the critic. `critic`: who it is.
    * `most`: votes that a solution gets at most.
    * `confidence`: posterior probability from which nothing more is asked.
    * `experience`: what is known of the sources.
    """

    policy: Policy
    critic: StepCritic
    most: int
    confidence: float
    experience: Experience
    # Requests by solution: one whose steps do not fit the critic's context gets no vote, and is not asked for ever.
    _requests: Counter[Solution] = field(default_factory=Counter)

    def worth(self, case: Case) -> float:
        """Return the bits per cost that one more vote promises; 0 where none is to be asked for."""
        solution, belief = case.solution, case.belief
        asked = max(_asked(solution, self.critic.role), self._requests[solution])
        if asked >= self.most:
            return 0.0
        if belief.first_error.max() >= self.confidence or belief.contradiction > CONTRADICTED:
            return 0.0
        known = self.experience.reliability_without(self.policy.tree.question.key)
        said = votes_of(solution, self.critic.role)
        bits = information_of_vote(self.critic.role, said, belief.first_error, known)
        return bits / self._cost(solution) if bits > _WORTHLESS else 0.0

    def beats(self, case: Case, information: Array) -> bool:
        """Return True where one more vote promises more bits per cost than a rollout of any prefix.

        `information` is what a rollout of each prefix promises, in bits, shape [M]; 0 for one that will not be asked
        for.
        """
        worth = self.worth(case)
        if not worth:
            return False
        price = _price(self.policy, self.policy.tree.completer)[1]
        cost = np.maximum(tokens_ahead(case.solution) * price, 1e-12)
        return worth > float((information / cost).max())

    async def ask(self, solution: Solution, n: int = 1) -> None:
        """Ask for `n` more votes on a solution, and have it hear what all of them say together."""
        self._requests[solution] += n
        await vote(self.policy, solution, self.critic, n)
        solution.hear(of_votes(self.critic.role, votes_of(solution, self.critic.role)))

    async def audit(self, solution: Solution) -> None:
        """Ask once about a solution with the right answer, and for all further votes where the first raises an alarm.

        What these would tell is not weighed: the belief that `worth` goes by knows of no error that does no harm
        (`factory/labelling/audit.py`). One that was asked about before is not asked about again.
        """
        if not self.most or any(one.role == self.critic.role for one in solution.critiques):
            return
        await self.ask(solution)
        if self.most > 1 and any(step != NONE for step in votes_of(solution, self.critic.role)):
            await self.ask(solution, self.most - 1)

    def _cost(self, solution: Solution) -> float:
        """Return what a vote is expected to cost."""
        read, written = _price(self.policy, self.critic.role)
        length = float(tokens_ahead(solution)[0])
        # A critic goes through the whole solution; how much it says is seen from its first reply on.
        said = [
            one.tokens
            for other in self.policy.tree.solutions
            for one in other.critiques
            if one.tokens and one.role == self.critic.role
        ]
        reply = sum(said) / len(said) if said else length
        return max(written * reply + read * (length + len(self.policy.tree.question.text) / _CHARS), 1e-12)


def votes_of(solution: Solution, role: str) -> list[int]:
    """Return the steps that a critic has named as the first wrong one, -1 for none, in the order of its replies."""
    return [one.first_error for one in solution.critiques if one.role == role and one.first_error is not None]


def _asked(solution: Solution, role: str) -> int:
    """Return how often a critic was asked for a step; a search may have asked it for a verdict alone."""
    return sum(one.role == role and (one.first_error is not None or one.right is None) for one in solution.critiques)


def tokens_ahead(solution: Solution) -> Array:
    """Return how many tokens are expected of a rollout of each prefix: those of the rest of the solution, shape [M]."""
    lengths = [len(node.step.text) / _CHARS for node in solution.leaf.path() if node.step]
    return np.asarray(np.maximum(1.0, np.cumsum(lengths[::-1])[::-1]))


def _price(policy: Policy, role: str) -> tuple[float, float]:
    """Return what a token costs that a role reads, and one that it samples; where nobody has a price, 0 and 1."""
    if not any(map(any, policy.prices.values())):
        return 0.0, 1.0
    return policy.prices.get(role, (0.0, 0.0))
