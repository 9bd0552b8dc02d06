"""The whole HTTP engine against a server in a process of its own, by the clock."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from random import Random
from typing import Any

from actors.contracts.engines import ENGINES
from factory.config import fill
from factory.errors import QuestionFailed
from factory.interfaces import Engine
from factory.types import GenerateRequest, Sampling
from tools.bench.back_pressure.virtual import Traffic, length
from tools.openai_server.options import Load

_PROMPT = "Simulated question {} with gold answer 12345."


@contextmanager
def server(load: Load) -> Iterator[str]:
    """Yield the base URL of a running server."""
    line = [sys.executable, "-m", "tools.openai_server", "--token", str(load.token_s), "--knee", str(load.knee)]
    line += ["--shape", load.shape, "--noise", str(load.noise), "--slots", str(load.slots)]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[0]
    finally:
        process.terminate()
        process.wait(30)


def measured(url: str, spread: float, limits: Mapping[str, int], seconds: float, demand: int) -> Traffic:
    """Return what the engine did in `seconds` at a server.

    Args:
      url: the server.
      spread: sigma of the log of a sample's length.
      limits: settings `in_flight`, `min_in_flight`, `max_in_flight` of the engine, as far as they are not the defaults.
      seconds: how long.
      demand: requests that the engine is given at a time.
    """
    plugin = ENGINES.load("http")
    settings: dict[str, Any] = {"base_url": url, "token_ids": "text", **limits}
    return asyncio.run(_asked(plugin.made(fill(plugin.Config, settings, "engine"), "tiny"), spread, seconds, demand))


async def _asked(engine: Engine, spread: float, seconds: float, demand: int) -> Traffic:
    """Ask without a pause for `seconds`, and return what happened."""
    await engine.start()
    traffic, rng, began = Traffic([], [0], []), Random(0), time.monotonic()

    async def ask(number: int) -> None:
        while time.monotonic() < began + seconds:
            sampling = Sampling(max_tokens=length(rng, spread))
            request = GenerateRequest(question_id=str(number), prompt=_PROMPT.format(number), sampling=sampling)
            [answer] = await engine.generate([request])
            if isinstance(answer, QuestionFailed):
                raise answer
            traffic.add(time.monotonic() - began, sampling.max_tokens)
            traffic.limits.append((traffic.ends[-1], engine.max_num_seqs or 0))

    tasks = [asyncio.ensure_future(ask(number)) for number in range(demand)]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await engine.close()
    return traffic
