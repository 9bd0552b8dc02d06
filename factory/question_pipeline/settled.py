"""Models whose easy verdicts are given on the spot: what exact rules settle needs no call to a checker.

A checker's `settle` never blocks, so it can run where the question is. Per check that saves the way there and back,
which costs several times as much as the rules do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from factory.contracts.checkers import CHECKERS, SettleFunction
from factory.interfaces import Models
from factory.types import POLICY, Completion, GenerateRequest, Question, Scores, Verdict


class SettledModels(Models):
    """Models with `settle` in front of their checker, which gets what that leaves open."""

    def __init__(self, models: Models, settle: SettleFunction, config: Any) -> None:
        self._models = models
        self._settle = settle
        self._config = config

    @classmethod
    def of(cls, models: Models, checker: str, config: Any) -> SettledModels:
        """Return `models` with the `settle` of a plug-in of `factory/checkers/` in front; `config` is its `Config`."""
        return cls(models, CHECKERS.load(checker).settle, config)

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> Sequence[Completion]:
        """Return the completions of the wrapped models."""
        return await self._models.generate(request, role)

    async def score(self, role: str, question: Question, steps: Sequence[str]) -> Scores:
        """Return the scores of the wrapped models."""
        return await self._models.score(role, question, steps)

    async def check(self, question: Question, text: str) -> Verdict:
        """Return the verdict on a whole solution text. Raises what the wrapped models raise."""
        try:
            verdict = self._settle(question, text, self._config)
        except Exception:
            # A plug-in's bug: the checker meets it, too, and turns it into a verdict that says so.
            verdict = None
        return await self._models.check(question, text) if verdict is None else verdict

    def room(self, question_id: str) -> int:
        """Return the room that the wrapped models have."""
        return self._models.room(question_id)
