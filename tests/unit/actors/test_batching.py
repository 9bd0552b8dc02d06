"""Micro-batches by event-loop tick."""

from __future__ import annotations

import asyncio

import pytest

from actors.batching import Batcher


def doubler(batches: list):
    async def send(batch):
        batches.append(list(batch))
        return [2 * item for item in batch]

    return send


async def test_what_is_asked_in_one_tick_leaves_as_one_batch():
    batches: list = []
    batcher = Batcher(doubler(batches), max_batch=10)
    assert await asyncio.gather(*(batcher(i) for i in range(5))) == [0, 2, 4, 6, 8]
    assert batches == [[0, 1, 2, 3, 4]]


async def test_a_batch_is_never_larger_than_allowed():
    batches: list = []
    batcher = Batcher(doubler(batches), max_batch=2)
    await asyncio.gather(*(batcher(i) for i in range(5)))
    assert [len(batch) for batch in batches] == [2, 2, 1]


async def test_an_exception_among_the_results_reaches_its_caller_alone():
    async def send(batch):
        return [ValueError("one") if item == 1 else item for item in batch]

    batcher = Batcher(send, max_batch=10)
    results = await asyncio.gather(*(batcher(i) for i in range(3)), return_exceptions=True)
    assert results[0] == 0
    assert isinstance(results[1], ValueError)
    assert results[2] == 2


async def test_an_exception_of_the_call_reaches_everybody():
    async def send(batch):
        raise RuntimeError("down")

    batcher = Batcher(send, max_batch=10)
    results = await asyncio.gather(batcher(1), batcher(2), return_exceptions=True)
    assert [str(result) for result in results] == ["down", "down"]


async def test_a_wrong_number_of_results_is_an_error():
    async def send(batch):
        return []

    with pytest.raises(RuntimeError, match="sent 1 items"):
        await Batcher(send, max_batch=10)(1)


async def test_a_caller_that_gave_up_disturbs_nobody():
    gate = asyncio.Event()

    async def send(batch):
        await gate.wait()
        return batch

    batcher = Batcher(send, max_batch=10)
    first, second = asyncio.create_task(batcher(1)), asyncio.create_task(batcher(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    gate.set()
    assert await second == 2
