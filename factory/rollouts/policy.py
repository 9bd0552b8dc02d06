"""Policy of one question: the only way for a search method or labeller to get rollouts from a model.

It turns "n rollouts from this prefix" into requests, checks what comes back, adds it to the tree and counts the cost.
Cut-off rollouts stay in the tree, marked as cut off; they are evidence for nothing, unless the checker says that their
answer stands complete in them and counts (`ANSWERED`).

The rollouts of a labeller may be those of another model, the completer (`Tree.completer`). It has tokens of its own, so
it continues prefixes as text, and its own steps are kept without their ids.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from factory.errors import BadInput, PromptTooLong
from factory.reasoning.loops import is_looping
from factory.rollouts.asking import Asker
from factory.rollouts.nodes import PROBE, Node, Solution
from factory.rollouts.steps import split_steps, steps_of_text
from factory.rollouts.together import together
from factory.rollouts.tree import Tree
from factory.seeds import seed_for
from factory.tokens import NO_TOKENS
from factory.types import (
    ANSWERED,
    LENGTH,
    POLICY,
    Completion,
    GenerateRequest,
    Outcome,
    Step,
    Verdict,
    content_id,
)

T = TypeVar("T")


@dataclass(slots=True)
class Policy(Asker):
    """Sampler of rollouts for the question of `tree`; its fields are those of `Asker`."""

    # Set when the latest call of `in_turn` has returned.
    _last: asyncio.Event | None = field(default=None, init=False, repr=False)

    @property
    def room(self) -> int:
        """Rollouts of a labeller that could begin at once without making anybody wait; 0 where that is not known."""
        return self.models.room(self.tree.question.id) if self.tree.completer == POLICY else 0

    def kept(self, steps: Sequence[Step], method: str) -> Sequence[Step]:
        """Return the steps of a rollout as the tree keeps them: token ids are the policy's, so others' are left out."""
        if self._role(method) == POLICY:
            return steps
        return [Step(text=step.text, token_ids=NO_TOKENS) for step in steps]

    def _role(self, method: str) -> str:
        """Return the role of the model that makes rollouts of a method."""
        return self.tree.completer if method == PROBE else POLICY

    async def rollouts(self, start: Node, n: int, method: str = PROBE) -> list[Solution]:
        """Sample `n` solutions that continue `start`, check them, add them to the tree and count their cost.

        Args:
          start: node to continue from. Its exact token ids are reused; a step that nobody sampled is continued as text.
          n: number of rollouts; 0 or less asks for none.
          method: `PROBE` for a labeller; a search method passes its own name.

        Returns:
          One solution per rollout. Empty when a prefix leaves no room in the model's context: that is no fault of the
          question.

        Raises:
          QuestionFailed: whatever `Models` raises otherwise; it concerns this question only.
          BadInput: the completer cannot continue thoughts that the policy's prompt has opened.
        """
        if n <= 0:
            return []
        answers = await self.in_turn(self._answers(start, n, method))
        return self._add_to_tree(start, answers, method)

    async def in_turn(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` returns, once the calls of this that began earlier have returned.

        What its caller does next, up to its next `await`, comes before what the caller of a later call does. So texts
        enter the tree in the order they were requested, and no record depends on which of them is answered first.
        Calls may not be nested. Raises what `work` raises.
        """
        before, self._last = self._last, asyncio.Event()
        done = self._last
        try:
            result = await work
            if before is not None:
                # `scan` waits up to twice as long for it at a run's end (16 solutions x 8 probes, exponential, mean
                # 20 ms: 5.9 s instead of 3.0 s).
                await before.wait()
            return result
        finally:
            # Whoever waits for it goes on in a later turn of the event loop.
            done.set()

    async def _answers(self, start: Node, n: int, method: str) -> list[tuple[Completion, Verdict]]:
        """Return `n` continuations of `start` with the verdicts on the whole solutions."""
        # Phase 1: make the request.
        question, role = self.tree.question, self._role(method)
        start_text = start.text
        prefix_text, prefix = start.prefix() if role == POLICY else (start_text, NO_TOKENS)
        purpose = f"{content_id(start_text)}:{_taken_up(self.tree, start, n, method)}"
        request = GenerateRequest(
            question_id=question.id,
            prompt=self.prompt,
            prefix_text=prefix_text,
            prefix=prefix,
            n=n,
            sampling=self.sampling_for(role),
            seed=seed_for(self.seed, question.key, purpose),
        )
        # Phase 2: sample.
        try:
            completions = await self.generated(request, role)
        except PromptTooLong:
            # Without a prefix it is the question itself that is too long.
            if start.parent is None:
                raise
            return []
        self._refuse_other_thoughts(role, completions)
        # Phase 3: check the whole solutions.
        verdicts = await together(self.check(start_text + completion.text) for completion in completions)
        return [(_finished(done, verdict), verdict) for done, verdict in zip(completions, verdicts, strict=True)]

    def _refuse_other_thoughts(self, role: str, completions: Sequence[Completion]) -> None:
        """Raise `BadInput` where a solution begins inside a thought, and the model of `role` does not know that.

        Nothing that it writes would end the thought: none of its rollouts had an answer, and every label was lost.
        """
        chat = not isinstance(self.prompt, str)
        if role != POLICY and chat and self.tree.begun and not all(one.begun for one in completions):
            raise BadInput(
                f"the policy's chat template opens a thought, and that of the completer (models.{role}) does not, so "
                "that it would never end one. Expected a completer of the policy's family, or prompt.style=raw."
            )

    def _add_to_tree(self, start: Node, answers: list[tuple[Completion, Verdict]], method: str) -> list[Solution]:
        """Cut the completions into steps and add them to the tree behind `start`."""
        solutions = []
        rule = self.rule([node.step.text for node in start.path() if node.step])
        for completion, verdict in answers:
            steps = split_steps(completion.text, completion.token_ids, completion.token_ends, rule)
            solution = self.tree.add(
                start,
                self.kept(steps, method),
                verdict,
                finish_reason=completion.finish_reason,
                method=method,
                prompt_tokens=completion.prompt_tokens,
            )
            if self._role(method) != POLICY:
                solution.take_tokens(start, [len(step.token_ids) for step in steps])
            solutions.append(solution)
        return solutions

    async def endings(
        self, text: str, n: int, method: str, purpose: str = "ending"
    ) -> list[tuple[Completion, Verdict]]:
        """Return `n` continuations of `text`, a solution that was cut off there, with verdicts on the whole solutions.

        Nothing is added to the tree. The list is empty where the model's context has no room. `method` is that of the
        rollouts, and `purpose` tells their seed from that of others behind this text. Raises what `Models` raises
        otherwise.
        """
        if n <= 0:
            return []
        question, role = self.tree.question, self._role(method)
        request = GenerateRequest(
            question_id=question.id,
            prompt=self.prompt,
            prefix_text=text,
            n=n,
            sampling=self.sampling_for(role),
            seed=seed_for(self.seed, question.key, f"{content_id(text)}:{purpose}"),
        )
        try:
            completions = await self.generated(request, role)
        except PromptTooLong:
            return []
        verdicts = await together(self.check(text + completion.text) for completion in completions)
        return [(_finished(done, verdict), verdict) for done, verdict in zip(completions, verdicts, strict=True)]

    async def adopt(self, *texts: str) -> list[Solution]:
        """Check solutions that this policy did not sample, and add them to the tree in the order given.

        They cost no policy call and are evidence for nothing. Raises what `Models.check` raises.
        """
        verdicts = await together(self.check(text, given=True) for text in texts)
        return [
            self.tree.adopt(steps_of_text(text, self.rule(given=True)), verdict)
            for text, verdict in zip(texts, verdicts, strict=True)
        ]


def _taken_up(tree: Tree, start: Node, n: int, method: str) -> str:
    """Count `n` rollouts as requested, and return what tells their seed from that of others from the same prefix.

    It depends on how many rollouts the prefix had before, so it is independent of the order of calls for other
    prefixes. It is called before anything is awaited, so that a concurrent call from this prefix gets another seed.
    """
    if tree.completer == POLICY:
        before = str(start.requested)
    elif method == PROBE:
        # The same model under another role shall not repeat what it has sampled as the policy.
        before = f"{start.requested}:{tree.completer}"
    else:
        before = str(start.searched)
    start.requested += n if tree.is_evidence(method) else 0
    start.searched += n if method != PROBE else 0
    return before


def finish_of(reason: str, verdict: Verdict, text: str) -> str:
    """Return the finish reason that a tree and record give: `ANSWERED` for a cut-off text whose verdict counts.

    One that was cut off in a loop says nothing for sure, whatever it had answered before.
    """
    judged = verdict.outcome in (Outcome.CORRECT, Outcome.INCORRECT)
    counts = reason == LENGTH and verdict.stands and judged and not is_looping(text)
    return ANSWERED if counts else reason


def _finished(completion: Completion, verdict: Verdict) -> Completion:
    """Return a completion with the finish reason that its tree and record give."""
    reason = finish_of(completion.finish_reason, verdict, completion.text)
    return completion if reason == completion.finish_reason else replace(completion, finish_reason=reason)
