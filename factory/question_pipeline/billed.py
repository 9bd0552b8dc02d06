"""Models whose calls are counted for one question, by the role of the model that was asked.

Every search method, labeller and judge asks through it, so nothing that a question has cost is left out. What another
model than the policy failed at names its role.
"""

from __future__ import annotations

from collections.abc import Sequence

from factory.errors import EngineFailed, QuestionFailed
from factory.interfaces import Models
from factory.rollouts.cost import Cost, RoleCost, cost_of
from factory.types import POLICY, Completion, GenerateRequest, Question, Scores, Verdict


class BilledModels(Models):
    """Models of one question that add what they are asked for to `cost.roles`."""

    def __init__(self, models: Models, cost: Cost) -> None:
        self._models = models
        self._roles = cost.roles

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> Sequence[Completion]:
        """Return the completions of the wrapped models. Raises what they raise, with the role in it."""
        try:
            completions = await self._models.generate(request, role)
        except QuestionFailed as error:
            if any(error.spent):
                self._bill(role, cost_of(error))
            raise _named(error, role, error.stage) from error
        self._bill(role, cost_of(completions))
        return completions

    async def score(self, role: str, question: Question, steps: Sequence[str]) -> Scores:
        """Return the scores of the wrapped models, once they are what they should be.

        Raises what they raise, with the role in it, and `EngineFailed` for scores that are no chances.
        """
        try:
            scores = await self._models.score(role, question, steps)
        except QuestionFailed as error:
            raise _named(error, role, "score") from error
        self._bill(role, RoleCost(calls=1, prompt_tokens=scores.tokens))
        fault = _fault(scores, len(steps))
        if fault is not None:
            refusal = EngineFailed(f"{fault}; expected a number from 0 to 1 for each step and for the whole")
            raise _named(refusal, role, "score")
        return scores

    async def check(self, question: Question, text: str) -> Verdict:
        """Return the verdict of the wrapped models' checker."""
        return await self._models.check(question, text)

    def room(self, question_id: str) -> int:
        """Return the room that the wrapped models have."""
        return self._models.room(question_id)

    def _bill(self, role: str, cost: RoleCost) -> None:
        self._roles.setdefault(role, RoleCost()).add(cost)


def _fault(scores: Scores, steps: int) -> str | None:
    """Return what is wrong with the scores of so many steps; None where nothing is.

    NaN is neither more nor less than any other score: what is chosen by it, is chosen by the order in which it came.
    """
    if len(scores.steps) != steps:
        return f"got {len(scores.steps)} scores of {steps} steps"
    odd = next((score for score in (*scores.steps, scores.whole) if not 0 <= score <= 1), None)
    return None if odd is None else f"got a score of {odd}"


def _named(error: QuestionFailed, role: str, stage: str) -> QuestionFailed:
    """Return an error that says which role failed, in its stage and its message; that of the policy as it is."""
    if role == POLICY:
        return error
    # Another object: requests that fail together may share one error.
    named = type(error)(f"{role}: {error}")
    named.stage, named.attempts, named.spent = f"{stage} by {role}", error.attempts, error.spent
    return named
