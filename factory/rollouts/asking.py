"""Asker of one question's models for anything that is no rollout: critiques, plans, rewritings, answers to compare.

`Policy` (`factory/rollouts/policy.py`) is one, so a search method gets both from the same object.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from factory.answers.extraction.spoken import answer_place
from factory.errors import QuestionFailed
from factory.interfaces import Models
from factory.rollouts.cost import Cost, RoleCost, cost_of
from factory.rollouts.prompting import PromptTemplate, render
from factory.rollouts.step_rule import StepRule
from factory.rollouts.tree import Tree
from factory.seeds import seed_for
from factory.tokens import NO_TOKENS, Tokens
from factory.types import LENGTH, POLICY, Completion, GenerateRequest, Outcome, Prompt, Sampling, Verdict

STILL_THINKING = "still thinking at its end"
"""Reason of a verdict on a text that ends before its answer."""


class Reader(Protocol):
    """Reader of final answers by the rules of the run's checker. It does not know the gold answer."""

    def answer(self, text: str) -> str | None:
        """Return the final answer of a text; None where it states none."""
        ...

    def same(self, one: str, other: str) -> bool:
        """Return whether two such answers mean the same."""
        ...


@dataclass(slots=True)
class Asker:
    """Asker of the models of one question, and counter of what that costs.

    * `tree`: tree of the question. `models`: models and checker.
    * `prompt`: the question as the model reads it. `template`: what `prompt` was made with; `ask` needs it.
    * `sampling`: settings of all rollouts, and of everything else where nothing else is said.
    * `separator`: what ends a step (`factory/rollouts/steps.py`), where a search samples step by step.
    * `steps`: rule by which whole solutions are cut; without one, by the separator alone.
    * `seed`: seed of the run; each request derives its own from it.
    * `cost`: running totals of what the question has cost.
    * `prices`: of a token that a role reads, and of one that it samples; roles without a price may be left out.
    * `reader`: reads final answers; without one, a text is its own answer.
    """

    tree: Tree
    models: Models
    prompt: Prompt
    sampling: Sampling = field(default_factory=Sampling)
    separator: str = "newline"
    seed: int = 0
    template: PromptTemplate | None = None
    cost: Cost = field(default_factory=Cost)
    reader: Reader | None = None
    steps: StepRule | None = None
    prices: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def rule(self, texts: Sequence[str] = (), *, given: bool = False) -> StepRule:
        """Return the rule by which a text is cut into steps.

        Args:
          texts: steps of the solution that are in front of the text.
          given: True for one that was not sampled from the run's prompt.
        """
        rule = self.steps or StepRule(separator=self.separator)
        if rule.is_plain:
            return rule
        return replace(rule, begun=self.tree.begun and not given).behind(texts)

    def sampling_for(self, role: str, sampling: Sampling | None = None) -> Sampling:
        """Return the settings that a role is asked with; those of rollouts where None are given."""
        chosen = sampling or self.sampling
        return chosen if role == POLICY else chosen.for_another_model()

    async def write(
        self,
        prompt: Prompt,
        purpose: str,
        *,
        n: int = 1,
        role: str = POLICY,
        sampling: Sampling | None = None,
        prefix_text: str = "",
        prefix: Tokens = NO_TOKENS,
    ) -> list[Completion]:
        """Return `n` completions of a prompt that is not the run's own. Nothing is checked or added to the tree.

        Args:
          prompt: what the model reads.
          purpose: text that seeds the request; two requests of a question that shall differ have different ones.
          n: number of completions; 0 or less asks nobody.
          role: role of the model that is asked.
          sampling: settings, as `sampling_for` takes them.
          prefix_text: beginning of the reply, as text.
          prefix: exact token ids behind `prefix_text`; they mean something to the model that sampled them only.

        Raises:
          QuestionFailed: whatever `Models` raises (`PromptTooLong`, `EngineFailed`).
        """
        if n <= 0:
            return []
        question = self.tree.question
        request = GenerateRequest(
            question_id=question.id,
            prompt=prompt,
            prefix_text=prefix_text,
            prefix=prefix,
            n=n,
            sampling=self.sampling_for(role, sampling),
            seed=seed_for(self.seed, question.key, purpose),
        )
        # What other models are asked for is counted by their roles alone.
        asked = self.generated(request, role) if role == POLICY else self.models.generate(request, role)
        return list(await asked)

    async def ask(self, text: str, purpose: str) -> Completion:
        """Return one completion of the run's own prompt template with `text` in the place of the question.

        It is no rollout, but its cost counts like that of one. `purpose` seeds the request. Raises what
        `Models.generate` raises, and `ValueError` for a policy made without a template.
        """
        if self.template is None:
            raise ValueError("this policy has no template; begin it with one to ask for other things than rollouts")
        [completion] = await self.write(render(self.template, replace(self.tree.question, text=text)), purpose)
        return completion

    async def check(self, text: str, *, given: bool = False) -> Verdict:
        """Return the verdict on a whole solution text, by its answer alone.

        Thoughts, and turns behind the first one, are not shown to the checker. A first turn that ends before its answer
        is unparsable. `given` is a text that was not sampled from the run's prompt.
        Raises what `Models.check` raises.
        """
        place = answer_place(text, begun=self.tree.begun and not given)
        if place is None:
            return Verdict(outcome=Outcome.UNPARSABLE, reason=STILL_THINKING)
        start, end = place
        verdict = await self.models.check(self.tree.question, text[start:end])
        return moved(verdict, start) if start and verdict.parts else verdict

    def answer(self, text: str) -> str | None:
        """Return the final answer of a text by the rules of the run's checker; the gold answer is not read.

        None where the text states none, or ends before its answer. A checker that knows no answers (a judge, a
        program's tests) makes every text its own answer.
        """
        place = answer_place(text, begun=self.tree.begun)
        if place is None:
            return None
        said = text[place[0] : place[1]]
        return said.strip() if self.reader is None else self.reader.answer(said)

    def same(self, one: str, other: str) -> bool:
        """Return whether two such answers mean the same by the rules of the run's checker."""
        return one == other or (self.reader is not None and self.reader.same(one, other))

    async def generated(self, request: GenerateRequest, role: str) -> Sequence[Completion]:
        """Return completions by the model of a role, and count what they cost, also where nothing comes of them.

        Raises what `Models` raises.
        """
        try:
            completions = await self.models.generate(request, role)
        except QuestionFailed as error:
            self._bill(cost_of(error))
            raise
        self._bill(cost_of(completions))
        if role == POLICY and completions and completions[0].begun and request.prompt is self.prompt:
            self.tree.begun = True
        self.cost.truncated += sum(completion.finish_reason == LENGTH for completion in completions)
        return completions

    def _bill(self, spent: RoleCost) -> None:
        """Add what one request has cost."""
        cost = self.cost
        cost.policy_calls += spent.calls
        cost.prompt_tokens += spent.prompt_tokens
        cost.cached_tokens += spent.cached_tokens
        cost.completion_tokens += spent.completion_tokens


def moved(verdict: Verdict, by: int) -> Verdict:
    """Return a verdict whose parts are counted from a place `by` characters in front of the one before."""
    parts = tuple(
        replace(part, start=part.start if part.start is None else part.start + by, end=part.end and part.end + by)
        for part in verdict.parts
    )
    return replace(verdict, parts=parts)
