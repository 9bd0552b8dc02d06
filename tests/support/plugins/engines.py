"""Simulated engine with a memory that misbehaves where a question's text asks for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from actors.engine_runtime.engine_process import EngineDied
from actors.engines import simulated
from factory.errors import BadInput, PromptTooLong, QuestionFailed
from factory.types import Completion, GenerateRequest
from tests.support.plugins.gate import passed

EXECUTION = (
    "dies_on",
    "hangs_on",
    "refuses",
    "has_a_bug_on",
    "latency_s",
    "gate",
    "breaks",
)  # a resumed run may behave better


@dataclass
class Config(simulated.Config):
    """Pieces of a prompt at which the engine dies, never answers, refuses the prompt as too long, or raises.

    `gate`: path of a file that names questions which wait (see `gate.py`).
    `breaks`: path of a file; the engine that makes it answers nothing any more, and no engine starts while it is there.
    """

    dies_on: str = "\0"
    hangs_on: str = "\0"
    refuses: str = "\0"
    has_a_bug_on: str = "\0"
    gate: str = ""
    breaks: str = ""


class Engine(simulated.Engine):
    """Simulated engine; `asked` holds the question ids in the order they came."""

    def __init__(self, config: Config, model: str) -> None:
        super().__init__(config, model)
        self._config: Config = config
        self.asked: list[str] = []
        self._broken = False

    async def start(self) -> None:
        if self._config.breaks and Path(self._config.breaks).exists():
            raise BadInput("no memory left")

    async def generate(self, requests: Sequence[GenerateRequest]) -> list[list[Completion] | QuestionFailed]:
        """Answer like the simulated engine, or misbehave as the config says."""
        self.asked += [request.question_id for request in requests]
        prompts = "".join(str(request.prompt) for request in requests)
        await passed(self._config.gate, prompts)
        if self._config.has_a_bug_on in prompts:
            raise TypeError("a bug in the engine")
        if self._config.breaks and not self._broken:
            with contextlib.suppress(FileExistsError):
                Path(self._config.breaks).touch(exist_ok=False)
                self._broken = True
        if self._config.hangs_on in prompts or self._broken:
            await asyncio.sleep(3600)
        answers = await super().generate(requests)
        if self._config.dies_on in prompts:
            raise EngineDied("it was this question")
        return [
            PromptTooLong("no room for an answer") if self._config.refuses in str(request.prompt) else answer
            for request, answer in zip(requests, answers, strict=True)
        ]
