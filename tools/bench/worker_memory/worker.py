"""Rollout worker without actors: the path of its questions in one process, on the simulated engine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from actors.engines import simulated
from factory.checkers import math_answer
from factory.contracts.supervision import SUPERVISION
from factory.errors import QuestionFailed
from factory.interfaces import Models
from factory.labelling.experience import Experience
from factory.question_pipeline.recipe import Recipe, begin, finished_row, work
from factory.records.record import Provenance, to_batch
from factory.rollouts.prompting import load_prompt
from factory.search import sample
from factory.types import POLICY, Completion, GenerateRequest, Outcome, Question, Sampling, Verdict

_UNIT = 16
_LABELLER = "bayes_bisection"


class InProcess(Models):
    """Models without actors: the simulated engine, and a comparison of answers (checking is another actor's work)."""

    def __init__(self, config: simulated.Config) -> None:
        self._engine = simulated.Engine(config, "simulated")

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> Sequence[Completion]:
        """Return the engine's completions."""
        [answer] = await self._engine.generate([request])
        if isinstance(answer, QuestionFailed):
            raise answer
        await asyncio.sleep(0)
        return answer

    async def check(self, question: Question, text: str) -> Verdict:
        """Return whether the answer that the text ends on is the gold one."""
        answer = text.rpartition("The answer is ")[2].strip(" .")
        return Verdict(outcome=Outcome.CORRECT if answer == question.gold else Outcome.INCORRECT, answer=answer)


class Worker:
    """Worker on questions with `n` samples each, whose solutions have `steps` steps of `words` tokens.

    Attributes:
      questions, rollouts: how many are done.
    """

    def __init__(self, n: int, steps: int, words: int) -> None:
        # So many variants that no two texts are the same.
        self._models = InProcess(simulated.Config(steps=steps, words=words, variants=10**6))
        self._experience = Experience()
        self._recipe = Recipe(
            search="sample",
            search_config=sample.Config(n=n),
            supervision=_LABELLER,
            supervision_config=SUPERVISION.load(_LABELLER).Config(confidence=0.9),
            checker="math_answer",
            checker_config=math_answer.Config(),
            template=load_prompt("few_shot_word_problems", "raw"),
            sampling=Sampling(),
        )
        self._unit: list[dict[str, Any]] = []
        self.questions = self.rollouts = 0

    async def run(self, questions: Iterable[Question], in_flight: int) -> None:
        """Work on `questions`, `in_flight` at a time, and drop their rows in units of 16."""
        taken = asyncio.Semaphore(in_flight)
        await asyncio.gather(*(self._one(question, taken) for question in questions))

    async def _one(self, question: Question, taken: asyncio.Semaphore) -> None:
        async with taken:
            attempt = begin(self._recipe, question, self._models, self._experience)
            await work(self._recipe, attempt)
        self._unit.append(finished_row(attempt, _MADE_BY))
        self.questions += 1
        self.rollouts += attempt.policy.cost.policy_calls
        if len(self._unit) == _UNIT:
            to_batch(self._unit)
            self._unit.clear()


_MADE_BY = Provenance(
    run_id="r",
    engine="simulated",
    model="m",
    model_revision="1",
    prompt_id="p",
    checker="c",
    checker_policy="x",
    labeller=_LABELLER,
    sampling=Sampling(),
)
