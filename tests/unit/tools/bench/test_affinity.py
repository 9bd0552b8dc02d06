"""Requests of the benchmark of prefix affinity, on a stand-in for the engines."""

from __future__ import annotations

import argparse
import asyncio

from factory.types import POLICY, Completion, GenerateRequest
from tools.bench.affinity.requests import Totals, ask, engine_config, texts

ARGUMENTS = argparse.Namespace(engines=2, questions=3, requests=4, words=100, tokens=8, at_once=2)


class Caching:
    """Models that sample one token a call, and have cached all of a prompt but its last block of 32."""

    def __init__(self) -> None:
        self.requests: list[GenerateRequest] = []
        self.running = self.most = 0

    async def generate(self, request: GenerateRequest, role: str = POLICY) -> list[Completion]:
        self.requests.append(request)
        self.running += 1
        self.most = max(self.most, self.running)
        await asyncio.sleep(0)
        self.running -= 1
        length = 200 + len(request.prefix)
        return [
            Completion(
                text="x",
                token_ids=(len(request.prefix),),
                token_ends=(1,),
                finish_reason="length",
                prompt_tokens=length,
                cached_tokens=length - 32,
                sampled_tokens=1,
            )
        ]


async def test_each_request_of_a_question_goes_on_behind_the_one_before():
    models = Caching()
    totals = await ask(models, texts(3, 100, seed=0), ARGUMENTS, asyncio.Semaphore(2))
    chains = {request.question_id: [] for request in models.requests}
    for request in models.requests:
        chains[request.question_id].append((tuple(request.prefix), request.sampling.max_tokens))
    assert list(chains.values()) == [[((), 8), ((0,), 16), ((0, 1), 24), ((0, 1, 2), 32)]] * 3
    assert models.most == 2
    assert (totals.output_tokens, totals.prompt_tokens) == (12, 3 * (4 * 200 + 6))
    assert totals.cached_tokens == totals.prompt_tokens - 12 * 32


def test_questions_share_no_beginning_with_each_other_or_another_round():
    made = [*texts(50, 300, seed=0), *texts(50, 300, seed=1)]
    assert len({text[:64] for text in made}) == 100


def test_an_engine_can_cache_its_share_of_the_questions_but_not_all():
    tokens = 3 * (2 * 100 + 4 * 8)
    held = engine_config(ARGUMENTS)["extra"]["num_gpu_blocks_override"] * 32
    assert tokens / 2 < held < tokens


def test_speed_is_of_all_rounds_together():
    assert (Totals(output_tokens=30, seconds=2.0).speed, Totals().cached) == (15, 0)
