"""Reasoning models by family: what their chat templates make of thoughts and an answer, and models that write so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from support.fakes import FakeModels, completion
from support.top_ups import recipe

from factory.question_pipeline.recipe import Recipe
from factory.rollouts.step_rule import StepRule
from factory.types import LENGTH, Completion, Question, Verdict

QUESTION = Question(text="What is 2 + 2?", gold="4")
THOUGHT = "The answer is 5.\n\nNo: 2 + 2 = 4."
RIGHT, WRONG = "So we add.\n\nThe answer is 4.", "So we add.\n\nThe answer is 5."


@dataclass(frozen=True)
class Family:
    """Marks of a family; `opening` is what the model writes, unless its prompt has it (`in_prompt`)."""

    name: str
    opening: str
    closing: str
    in_prompt: bool = False

    def whole(self, reasoning: str, answer: str) -> str:
        """Return the text of thoughts and answer with the opening mark."""
        return f"{self.opening}{reasoning}{self.closing}{answer}"

    def written(self, reasoning: str, answer: str) -> str:
        """Return what the model itself writes."""
        return self.whole(reasoning, answer).removeprefix(self.opening if self.in_prompt else "")


FAMILIES = (
    Family("qwen3", "<think>\n", "\n</think>\n\n"),
    Family("deepseek_r1", "<think>\n", "\n</think>\n\n", in_prompt=True),
    Family("gpt_oss", "<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    Family("magistral", "[THINK]", "[/THINK]"),
    Family("cohere", "<|START_THINKING|>", "<|END_THINKING|><|START_RESPONSE|>"),
    Family("kimi", "◁think▷", "◁/think▷"),
    Family("gemma", "<|channel>thought\n", "<channel|>"),
)


class Thinker(FakeModels):
    """Model of one family: of three outputs one is right, one is wrong, and one was cut off while it thought.

    `checked` are the texts that the checker was shown.
    """

    def __init__(self, family: Family) -> None:
        self.family = family
        self.checked: list[str] = []
        super().__init__(self._written)

    def _written(self, prefix: str, n: int) -> Sequence[Completion]:
        family = self.family
        whole = [completion(family.written(THOUGHT, answer)) for answer in (RIGHT, WRONG)]
        cut = completion(family.written(THOUGHT, RIGHT).partition(family.closing.strip())[0], LENGTH)
        behind = [
            completion(one.text[len(prefix) :], one.finish_reason)
            for one in (*whole, cut)
            if one.text.startswith(prefix)
        ]
        made = behind or [completion("Hm.", LENGTH)]
        return [replace(made[at % len(made)], begun=family.in_prompt) for at in range(n)]

    async def check(self, question: Question, text: str) -> Verdict:
        """Return the verdict of the fake checker, and note what it was shown."""
        self.checked.append(text)
        return await super().check(question, text)


def used(labeller: str = "bayes_bisection", **steps: Any) -> Recipe:
    """Return a recipe that cuts every paragraph; `steps` are fields of its rule."""
    rule = {"separator": "paragraphs", "min_tokens": 1, **steps}
    return replace(recipe(labeller, n=6, max_tokens=100_000), steps=StepRule(**rule))
