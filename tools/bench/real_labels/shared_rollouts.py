"""Rollouts that several labellers share, so that a difference between them is their own; recorded for a replay."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from actors.remote_models import RemoteModels
from factory.checkers import math_answer
from factory.errors import BadInput, PromptTooLong
from factory.interfaces import Models
from factory.tokens import Tokens
from factory.types import POLICY, Completion, GenerateRequest, Question, Scores, Verdict

if TYPE_CHECKING:
    from actors.trained_models.reward_scorer import StepScorer

Key = tuple[str, str, str, Tokens]
"""Role of the model, question id, prefix text, prefix tokens."""


class SharedRollouts(Models):
    """`factory.interfaces.Models` that gives every labeller the same rollouts of a prefix, in the same order.

    A rollout is made once for all labellers. Call `rewind` before the next labeller begins.

    `models` makes the rollouts; None for a replay, in which they come from the recording `made` alone. `verifier`
    scores the steps of solutions, whatever role is asked; each solution once.
    """

    def __init__(
        self, models: RemoteModels | None, made: Path | None = None, verifier: StepScorer | None = None
    ) -> None:
        self._models, self._verifier = models, verifier
        self._scores: dict[tuple[str, ...], Scores] = {}
        # Rollouts by prefix, and how many of them the present labeller has had.
        self._made: dict[Key, list[Completion]] = defaultdict(list)
        self._given: Counter[Key] = Counter()
        self._locks: dict[Key, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._order = 0
        for line in made.read_text(encoding="utf-8").splitlines() if made else ():
            entry = json.loads(line)
            role = entry.get("role", POLICY)
            key = (role, entry["question"], entry["prefix_text"], Tokens(entry["prefix"]))
            self._made[key] = [Completion(**completion) for completion in entry["completions"]]

    def rewind(self, order: int = 0) -> None:
        """Start from the first rollouts again, for the next labeller.

        An `order` of 1 or more is for a replay: the rollouts of every prefix come in another order, the same one each
        time that number is given, and again and again in further ones when they end. The first pass over those of a
        bare question stays as recorded, so that the solutions to label are the same ones.
        """
        self._given.clear()
        self._order = order

    def save(self, path: Path) -> None:
        """Write one JSON line per prefix, for `--replay`."""
        with path.open("w", encoding="utf-8") as file:
            for (role, question, prefix_text, prefix), completions in self._made.items():
                entry = {
                    "role": role,
                    "question": question,
                    "prefix_text": prefix_text,
                    "prefix": prefix,
                    "completions": [asdict(completion) for completion in completions],
                }
                file.write(json.dumps(entry, default=list) + "\n")

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> list[Completion]:
        """Return the next rollouts of the request's prefix."""
        key = (role, request.question_id, request.prefix_text, request.prefix)
        # Take the numbers of the rollouts before anything is awaited: two requests must not get the same.
        first = self._given[key]
        self._given[key] += request.n
        # One request at a time makes what is missing; the seed depends on the number, not on the labeller.
        async with self._locks[key]:
            missing = first + request.n - len(self._made[key])
            if self._order and self._made[key]:
                return [self._resampled(key, number) for number in range(first, first + request.n)]
            if missing > 0:
                if self._models is None:
                    raise BadInput(
                        "the recording has too few rollouts for these labellers. Record with the same --labellers, "
                        "then replay."
                    )
                numbered = replace(request, n=missing, seed=request.seed + first)
                self._made[key] += await self._models.generate(numbered, role)
        return self._made[key][first : first + request.n]

    async def score(self, role: str, question: Question, steps: Sequence[str]) -> Scores:
        """Return the scores of the verifier. Raises `EngineFailed` where there is none."""
        if self._verifier is None:
            return await super().score(role, question, steps)
        key = (question.text, *steps)
        if key not in self._scores:
            [scores] = self._verifier.scores([(question.text, steps)])
            if scores is None:
                raise PromptTooLong("the solution is too long for the verifier")
            self._scores[key] = Scores(steps=tuple(scores), whole=scores[-1])
        return self._scores[key]

    def _resampled(self, key: Key, number: int) -> Completion:
        """Return a recorded rollout of a prefix, in the present order; the numbers go on behind the last of them."""
        made = self._made[key]
        time, place = divmod(number, len(made))
        role, _, prefix_text, prefix = key
        if time or role != POLICY or prefix_text or prefix:
            place = Random(f"{self._order} {time} {key}").sample(range(len(made)), len(made))[place]
        return made[place]

    async def check(self, question: Question, text: str) -> Verdict:
        """Judge a text: with the run's checkers, in a replay in this process."""
        if self._models is not None:
            return await self._models.check(question, text)
        return math_answer.check(question, text, math_answer.Config())
