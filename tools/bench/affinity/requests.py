"""Requests of the benchmark of prefix affinity: what is asked, of engines how large, and what came of it. No Ray."""

from __future__ import annotations

import argparse
import asyncio
import time
from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from factory.interfaces import Models
from factory.tokens import Tokens
from factory.types import GenerateRequest, Sampling

BLOCK = 32


@dataclass
class Totals:
    """Sums over requests: tokens of their prompts, those of them that were cached, output tokens, and seconds."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    seconds: float = 0.0

    def add(self, other: Totals) -> None:
        """Add the sums of `other`."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def cached(self) -> float:
        """Share of prompt tokens that came from a cache."""
        return self.cached_tokens / max(1, self.prompt_tokens)

    @property
    def speed(self) -> float:
        """Output tokens a second."""
        return self.output_tokens / max(1e-9, self.seconds)


def texts(questions: int, words: int, seed: int) -> list[str]:
    """Return a text for each question: `words` short numbers that no other one has in this order."""
    rng = Random(seed)
    return [" ".join(str(rng.randrange(10)) for _ in range(words)) for _ in range(questions)]


def engine_config(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the settings of an engine whose cache holds 1.5 times its share of the questions, not all of them."""
    # A word is two tokens, a blank and a digit; what the requests add is small.
    tokens = arguments.questions * (2 * arguments.words + arguments.requests * arguments.tokens)
    blocks = round(1.5 * tokens / arguments.engines / BLOCK)
    return {
        "num_cpus": 0,
        "max_num_seqs": max(2, arguments.at_once),
        "block_size": BLOCK,
        "extra": {"num_gpu_blocks_override": blocks},
        "env": {"VLLM_CPU_KVCACHE_SPACE": "1"},
    }


async def ask(models: Models, prompts: list[str], arguments: argparse.Namespace, gate: asyncio.Semaphore) -> Totals:
    """Return what all questions' requests took, `arguments.at_once` questions side by side."""
    totals = Totals()

    async def chain(number: int, prompt: str) -> None:
        """Make the requests of one question, each behind what was sampled before."""
        prefix: list[int] = []
        for index in range(arguments.requests):
            async with gate:
                request = GenerateRequest(
                    question_id=f"{number}/{prompt[:40]}",
                    prompt=prompt,
                    prefix=Tokens(prefix),
                    # What is sampled already counts against the limit.
                    sampling=Sampling(temperature=1.0, max_tokens=arguments.tokens * (index + 1)),
                )
                [completion] = await models.generate(request)
            totals.prompt_tokens += completion.prompt_tokens
            totals.cached_tokens += completion.cached_tokens
            totals.output_tokens += completion.sampled_tokens
            prefix += completion.token_ids

    started = time.monotonic()
    await asyncio.gather(*(chain(number, prompt) for number, prompt in enumerate(prompts)))
    totals.seconds = time.monotonic() - started
    return totals
