"""Simulated engine that writes down when requests came, and when their samples were done."""

from __future__ import annotations

import time

from actors.engines import simulated
from factory.errors import QuestionFailed
from factory.types import Completion, GenerateRequest

Config = simulated.Config
EXECUTION = simulated.EXECUTION


class Engine(simulated.Engine):
    """Simulated engine; `log` holds (question, when its request came, when the last sample of that was done).

    Times are those of `time.monotonic`, which is the same clock in all processes of a machine.
    """

    def __init__(self, config: simulated.Config, model: str) -> None:
        super().__init__(config, model)
        self.log: list[tuple[str, float, float]] = []

    def _answer(self, request: GenerateRequest, now: float) -> tuple[list[Completion] | QuestionFailed, float]:
        """Answer as the simulated engine does, and write it down."""
        answer, end = super()._answer(request, now)
        self.log.append((request.question_id, time.monotonic(), end))
        return answer, end
