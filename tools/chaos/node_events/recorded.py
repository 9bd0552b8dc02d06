"""Simulated engine that writes a line for each answer: which process gave it, when, and what was asked. A plug-in.

A node is in use when an engine on it answers, and a question was done twice when the same was answered twice; both are
read from these lines (`answers.py`). All else is `actors/engines/simulated.py`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from actors.engines import simulated
from factory.errors import QuestionFailed
from factory.types import Completion, GenerateRequest
from tools.chaos.node_events.answers import line_of

EXECUTION = (*simulated.EXECUTION, "record")
follow = simulated.follow

__all__ = ["EXECUTION", "Config", "Engine", "follow"]


@dataclass
class Config(simulated.Config):
    """Shape of the simulated solutions, and `record`: file for the lines, of all engines; "" writes none."""

    record: str = ""


class Engine(simulated.Engine):
    """`Engine` protocol of `factory/interfaces.py`: the simulated one, which keeps a record."""

    def __init__(self, config: Config, model: str) -> None:
        super().__init__(config, model)
        self._record = config.record

    async def generate(self, requests: Sequence[GenerateRequest]) -> list[list[Completion] | QuestionFailed]:
        """Answer as the simulated engine does, then write down that it has."""
        answers = await super().generate(requests)
        if self._record:
            now = time.monotonic()
            lines = b"".join(line_of(os.getpid(), now, request) for request in requests)
            # One write at the end of the file: lines of several engines do not mix.
            with open(self._record, "ab", buffering=0) as file:
                file.write(lines)
        return answers
