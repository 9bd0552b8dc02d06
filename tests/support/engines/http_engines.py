"""Engines of kind `http` for tests, and requests to them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from actors.contracts.engines import ENGINES
from actors.engines.http import Engine
from factory.types import Completion, GenerateRequest, Message, Prompt
from tools.openai_server.options import Options

HTTP = ENGINES.load("http")
RAW = "gold answer 7"
CHAT: tuple[Message, ...] = (("user", RAW),)
WRITER = {"kind": "simulated", "steps": 3, "words": 4}


def options(**changes: Any) -> Options:
    """Return the settings of a server that writes simulated solutions."""
    return Options(writer=WRITER, **changes)


def request(prompt: Prompt = RAW, n: int = 1, **others: Any) -> GenerateRequest:
    """Return a request for samples with a fixed seed."""
    return GenerateRequest(question_id="q", prompt=prompt, n=n, seed=5, **others)


@contextlib.asynccontextmanager
async def started(urls: str | Sequence[str], model: str = "tiny", **config: Any) -> AsyncIterator[Engine]:
    """Open a block with an engine that has looked at its servers."""
    urls = urls if isinstance(urls, str) else list(urls)
    engine = HTTP.made(HTTP.Config(**{"base_url": urls, "start_s": 0.1, **config}), model)
    try:
        await engine.start()
        yield engine  # type: ignore[misc]
    finally:
        await engine.close()


async def answer(engine: Engine, asked: GenerateRequest) -> list[Completion]:
    """Return the completions of one request, which has to be answered."""
    [result] = await engine.generate([asked])
    assert not isinstance(result, Exception), result
    return result
