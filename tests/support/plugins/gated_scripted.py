"""Scripted engine behind a gate: questions, beginnings of solutions and folders of weights can be held up there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from actors.engines import scripted
from factory.errors import QuestionFailed
from factory.types import Completion, GenerateRequest
from tests.support.plugins.gate import passed


@dataclass
class Config(scripted.Config):
    """`gate`: path of the file that says what may not pass (see `gate.py`)."""

    gate: str = ""


class Engine(scripted.Engine):
    """Implements `factory.interfaces.Engine`."""

    def __init__(self, config: Config, model: str) -> None:
        super().__init__(config, model)
        self._gate = config.gate

    async def load_weights(self, path: str) -> None:
        await passed(self._gate, path)
        await super().load_weights(path)

    async def generate(self, requests: Sequence[GenerateRequest]) -> list[list[Completion] | QuestionFailed]:
        begun = (request.prefix_text + "".join(map(chr, request.prefix)) for request in requests)
        await passed(self._gate, "".join(f"{one.prompt}{text}" for one, text in zip(requests, begun, strict=True)))
        return await super().generate(requests)
