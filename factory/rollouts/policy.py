"""A policy bound to one question: the only door through which an algorithm asks a model for rollouts.

It turns "n rollouts from this prefix" into requests, checks what comes back, hangs it into the tree and keeps the
bill. Cut-off rollouts stay in the tree as what they are; they are evidence for nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from factory.errors import PromptTooLong
from factory.interfaces import Models
from factory.rollouts.nodes import PROBE, Node, Solution
from factory.rollouts.prompting import PromptTemplate, render
from factory.rollouts.steps import split_steps, steps_of_text
from factory.rollouts.together import together
from factory.rollouts.tree import Tree
from factory.seeds import seed_for
from factory.types import Completion, GenerateRequest, Prompt, Sampling, Verdict, content_id


@dataclass(slots=True)
class Cost:
    """What a question has cost so far. `policy_calls` counts completions, the unit the papers compare in.

    `label_calls` and `label_tokens` are the part of `policy_calls` and `completion_tokens` spent on step labels.
    `judge_calls` and `judge_tokens` come on top: completions of a model that judges answers.
    """

    policy_calls: int = 0
    label_calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    label_tokens: int = 0
    judge_calls: int = 0
    judge_tokens: int = 0
    truncated: int = 0


@dataclass(slots=True)
class Policy:
    """Samples rollouts for `tree`'s question. `separator` says what ends a step (`factory/rollouts/steps.py`).

    `template` made `prompt` of the question; `ask` makes others of it.
    """

    tree: Tree
    models: Models
    prompt: Prompt
    sampling: Sampling = field(default_factory=Sampling)
    separator: str = "newline"
    seed: int = 0
    template: PromptTemplate | None = None
    cost: Cost = field(default_factory=Cost)
    _last: asyncio.Event | None = field(default=None, init=False, repr=False)  # set when the last call is hung in

    async def rollouts(self, start: Node, n: int, method: str = PROBE) -> list[Solution]:
        """`n` solutions that begin with the exact tokens of `start` (a given step: its text), checked and counted.
        `method` names who asks: a search method says its own, a labeller nothing.

        An empty list where a given prefix leaves no room in the model's context: that is no fault of the question.
        Raises what `Models` raises otherwise: this question's failure, never its siblings'.
        """
        if n <= 0:
            return []
        before, self._last = self._last, asyncio.Event()
        done = self._last
        try:
            answers = await self._answers(start, n, method)
            if before is not None:
                # In the order of asking, so that no record hangs on who is answered first. `scan` waits up to twice as
                # long for it at a run's end (16 solutions x 8 probes, exponential, mean 20 ms: 5.9 s instead of 3.0 s).
                await before.wait()
            return self._hang_in(start, answers, method)
        finally:
            done.set()

    async def _answers(self, start: Node, n: int, method: str) -> list[tuple[Completion, Verdict]]:
        question = self.tree.question
        begun = start.text
        prefix_text, prefix = start.prefix()
        # The seed names the prefix and how many were asked from it before, so it does not hang on the order of calls.
        purpose = f"{content_id(begun)}:{start.requested}"
        start.requested += n
        start.searched += n if method != PROBE else 0
        request = GenerateRequest(
            question_id=question.id,
            prompt=self.prompt,
            prefix_text=prefix_text,
            prefix=prefix,
            n=n,
            sampling=self.sampling,
            seed=seed_for(self.seed, question.key, purpose),
        )
        try:
            completions = await self.models.generate(request)
        except PromptTooLong:
            if not prefix_text:
                raise
            return []
        verdicts = await together(self.models.check(question, begun + completion.text) for completion in completions)
        self._bill(completions)
        return list(zip(completions, verdicts, strict=True))

    def _hang_in(self, start: Node, answers: list[tuple[Completion, Verdict]], method: str) -> list[Solution]:
        found = []
        for completion, verdict in answers:
            steps = split_steps(completion.text, completion.token_ids, completion.token_ends, self.separator)
            found.append(
                self.tree.add(
                    start,
                    steps,
                    verdict,
                    finish_reason=completion.finish_reason,
                    method=method,
                    prompt_tokens=completion.prompt_tokens,
                )
            )
        return found

    async def endings(self, text: str, n: int) -> list[tuple[Completion, Verdict]]:
        """`n` times what comes behind `text`, a solution that was cut off there, with the verdict on the whole.

        Empty where the model's context has no room. Raises what `Models` raises otherwise.
        """
        question = self.tree.question
        request = GenerateRequest(
            question_id=question.id,
            prompt=self.prompt,
            prefix_text=text,
            n=n,
            sampling=self.sampling,
            seed=seed_for(self.seed, question.key, f"{content_id(text)}:ending"),
        )
        try:
            completions = await self.models.generate(request)
        except PromptTooLong:
            return []
        verdicts = await together(self.models.check(question, text + completion.text) for completion in completions)
        self._bill(completions)
        return list(zip(completions, verdicts, strict=True))

    async def ask(self, text: str, purpose: str) -> Completion:
        """One completion of the run's own prompt template around `text` instead of the question: not a rollout, but
        paid for like one. `purpose` seeds it. Raises what `Models.generate` raises."""
        if self.template is None:
            raise ValueError("this policy has no template; begin it with one to ask for other things than rollouts")
        request = GenerateRequest(
            question_id=self.tree.question.id,
            prompt=render(self.template, replace(self.tree.question, text=text)),
            sampling=self.sampling,
            seed=seed_for(self.seed, self.tree.question.key, purpose),
        )
        [completion] = await self.models.generate(request)
        self._bill([completion])
        return completion

    async def adopt(self, *texts: str) -> list[Solution]:
        """Solutions that this policy did not sample, checked and hung into the tree in the order given.

        They cost no policy call and are evidence for nothing. Raises what `Models.check` raises.
        """
        question = self.tree.question
        verdicts = await together(self.models.check(question, text) for text in texts)
        return [
            self.tree.adopt(steps_of_text(text, self.separator), verdict)
            for text, verdict in zip(texts, verdicts, strict=True)
        ]

    def _bill(self, completions: Sequence[Completion]) -> None:
        """Of one request: its prompt is read once."""
        cost = self.cost
        cost.policy_calls += len(completions)
        cost.prompt_tokens += completions[0].prompt_tokens if completions else 0
        cost.cached_tokens += completions[0].cached_tokens if completions else 0
        for completion in completions:
            cost.completion_tokens += completion.sampled_tokens
            cost.truncated += completion.finish_reason == "length"
