"""Models whose checker is a model itself: each check becomes requests to the model of one role."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from factory.contracts.checkers import JudgeFunction
from factory.errors import QuestionFailed
from factory.interfaces import Models
from factory.rollouts.cost import Cost, RoleCost, cost_of
from factory.types import POLICY, Completion, GenerateRequest, Question, Scores, Verdict


class JudgedModels(Models):
    """Models of one question, with `judge` in the place of the checker.

    A text is judged once, however often it comes, and a text among `known` is not judged at all. The cost of judging is
    added to `cost` as `judge_calls` and `judge_tokens`, apart from the policy's own completions.
    """

    def __init__(
        self, models: Models, judge: JudgeFunction, config: Any, cost: Cost, known: Mapping[str, Verdict] | None = None
    ) -> None:
        self._models = models
        self._judge = judge
        self._config = config
        self._billed = _Billed(models, cost)
        # By digest: the texts themselves are in the tree already.
        self._known = {_digest(text): verdict for text, verdict in (known or {}).items()}

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> Sequence[Completion]:
        """Return the completions of the wrapped models."""
        return await self._models.generate(request, role)

    async def score(self, role: str, question: Question, steps: Sequence[str]) -> Scores:
        """Return the scores of the wrapped models."""
        return await self._models.score(role, question, steps)

    async def check(self, question: Question, text: str) -> Verdict:
        """Return the judge's verdict on a whole solution text. Raises what the judge and the models raise."""
        key = _digest(text)
        if key not in self._known:
            self._known[key] = await self._judge(question, text, self._billed, self._config)
        return self._known[key]

    def room(self, question_id: str) -> int:
        """Return the room that the wrapped models have."""
        return self._models.room(question_id)


def _digest(text: str) -> bytes:
    """Return a hash that no two texts share."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


class _Billed(Models):
    """Models that the judge asks: what they generate is counted as cost of judging."""

    def __init__(self, models: Models, cost: Cost) -> None:
        self._models = models
        self._cost = cost

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> Sequence[Completion]:
        """Return the completions, and add them to the cost of judging."""
        try:
            completions = await self._models.generate(request, role)
        except QuestionFailed as error:
            self._bill(cost_of(error))
            raise
        self._bill(cost_of(completions))
        return completions

    async def score(self, role: str, question: Question, steps: Sequence[str]) -> Scores:
        """Return the scores of the wrapped models."""
        return await self._models.score(role, question, steps)

    async def check(self, question: Question, text: str) -> Verdict:
        """Return the verdict of the wrapped models' own checker."""
        return await self._models.check(question, text)

    def _bill(self, cost: RoleCost) -> None:
        self._cost.judge_calls += cost.calls
        self._cost.judge_tokens += cost.completion_tokens
