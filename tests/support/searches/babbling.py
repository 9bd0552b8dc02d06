"""Models without a plan: random lines, some cut off. One character is one token."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from support.fakes import completion
from support.searches.scripted import ScriptedModels

from factory.rollouts.until import cut_behind
from factory.types import POLICY, Completion, GenerateRequest, Question, Scores

LINES = ["so\n", "on\n", "How many?\n", "And then?\n", "The answer is 4.\n", "The answer is 5.\n", "\n", ""]


class Babbling(ScriptedModels):
    """Models that say some of `LINES`, drawn by the request's seed; some of it is cut off."""

    def __init__(self) -> None:
        super().__init__({})

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> list[Completion]:
        """Return random lines."""
        self.requests.append(request)
        draws = Random(request.seed)
        texts = ("".join(draws.choices(LINES, k=draws.randrange(4))) for _ in range(request.n))
        ends = ("length" if draws.random() < 0.1 else "stop" for _ in range(request.n))
        return [
            cut_behind(completion(text, end), request.sampling.until) for text, end in zip(texts, ends, strict=True)
        ]

    async def score(self, role: str, question: Question, steps: Sequence[str]) -> Scores:
        """Return a random score of each step, the same one for the same steps."""
        scores = tuple(Random("".join(steps[: end + 1])).random() for end in range(len(steps)))
        return Scores(steps=scores, whole=scores[-1])
