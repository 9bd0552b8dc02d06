"""Requests to engines in this process, and what came of them."""

from __future__ import annotations

import asyncio
from typing import Any

from support.engines.local_actors import LocalActor

from actors.calls import CallPatience
from actors.remote_models import RemoteModels
from factory.types import POLICY, GenerateRequest, Sampling

ENGINES = "tests.support.plugins.engines"


def request(number: int, n: int = 1, max_tokens: int = 256) -> GenerateRequest:
    prompt = f"question {number} gold answer 7"
    return GenerateRequest(
        question_id=f"q{number}", prompt=prompt, n=n, seed=number, sampling=Sampling(max_tokens=max_tokens)
    )


def models_over(*actors: LocalActor, attempts: int = 4, **patience: float) -> RemoteModels:
    return RemoteModels({POLICY: actors}, [], CallPatience(attempts=attempts, **patience))


async def outcomes(models: RemoteModels, requests: list[GenerateRequest]) -> list[Any]:
    """Answers or errors of requests that are made at once."""
    return await asyncio.gather(*(models.generate(one) for one in requests), return_exceptions=True)


def failed(results: list[Any]) -> list[int]:
    """Places of the requests without an answer."""
    return [place for place, result in enumerate(results) if isinstance(result, BaseException)]


async def until(condition: Any) -> None:
    while not condition():
        await asyncio.sleep(0.005)


def quick(limit_s: float) -> Any:
    """Return `asyncio.sleep` for short times only."""
    real = asyncio.sleep
    return lambda seconds: real(min(seconds, limit_s))
