"""Engine that scores without a model, by the length of each step, and misbehaves where a question asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from actors.engine_runtime.engine_process import EngineDied
from actors.engine_runtime.stand_in import StandIn
from factory.errors import PromptTooLong, QuestionFailed
from factory.types import ScoreRequest, Scores

SCORES = True


@dataclass
class Config:
    """Pieces of a prompt at which the engine dies, never answers, or refuses the solution as too long."""

    dies_on: str = "\0"
    hangs_on: str = "\0"
    refuses: str = "\0"
    latency_s: float = 0.0


class Engine(StandIn):
    """`Engine` protocol of `factory/interfaces.py` without `generate`."""

    def __init__(self, config: Config, model: str) -> None:
        super().__init__("scripted scorer")
        self._config = config

    async def score(self, requests: Sequence[ScoreRequest]) -> list[Scores | QuestionFailed]:
        """Score like `scores_of`, or misbehave as the config says."""
        prompts = "".join(str(request.prompt) for request in requests)
        await asyncio.sleep(3600 if self._config.hangs_on in prompts else self._config.latency_s)
        if self._config.dies_on in prompts:
            raise EngineDied("it was this question")
        return [
            PromptTooLong("too long") if self._config.refuses in str(request.prompt) else scores_of(request.steps)
            for request in requests
        ]


def scores_of(steps: Sequence[str]) -> Scores:
    """Return 1 / (1 + characters) for each step, and the last of them for the whole."""
    scores = tuple(1 / (1 + len(step)) for step in steps)
    return Scores(steps=scores, whole=scores[-1], tokens=sum(map(len, steps)))
