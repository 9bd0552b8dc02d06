"""Queue in front of a model: batches, order, errors, cancelled texts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from actors.scoring.queue import BatchQueue


class Model:
    """Judge that notes its batches, and waits in front of each for `go`, once `held`."""

    def __init__(self, *, held: bool = False) -> None:
        self.batches: list[list[str]] = []
        self.begun = threading.Semaphore(0)
        self.go = threading.Semaphore(0 if held else 1_000)

    def __call__(self, texts: Sequence[str]) -> list[int]:
        self.batches.append(list(texts))
        self.begun.release()
        assert self.go.acquire(timeout=60)
        if "bad" in texts:
            raise ValueError("no such text")
        return [len(text) for text in texts]


def queue(model: Model, max_tokens: int = 100, bound: int = 100) -> BatchQueue[str, int]:
    return BatchQueue(model, max_tokens, max_rows=8, bound=bound)


async def judged(ours: BatchQueue[str, int], *texts: str) -> list[int]:
    return await asyncio.gather(*(ours.judged(text, len(text)) for text in texts))


async def test_texts_of_several_callers_are_judged_together() -> None:
    model = Model()
    ours = queue(model)
    assert await asyncio.gather(judged(ours, "aaa", "bbbb"), judged(ours, "ccccc")) == [[3, 4], [5]]
    assert model.batches == [["ccccc", "bbbb", "aaa"]]


async def test_what_comes_while_a_batch_runs_is_judged_with_the_next() -> None:
    model = Model(held=True)
    ours = queue(model)
    first = asyncio.create_task(judged(ours, "first"))
    await asyncio.to_thread(model.begun.acquire)
    later = [asyncio.create_task(judged(ours, text)) for text in ("xxx", "yyyy")]
    await asyncio.sleep(0)
    model.go.release(2)
    assert await asyncio.gather(first, *later) == [[5], [3], [4]]
    assert model.batches == [["first"], ["yyyy", "xxx"]]


async def test_an_error_concerns_its_own_batch_and_the_queue_goes_on() -> None:
    ours = queue(Model(), max_tokens=4)
    with pytest.raises(ValueError, match="no such text"):
        await ours.judged("bad", 3)
    assert await judged(ours, "good") == [4]


async def test_a_text_that_nobody_waits_for_is_not_judged() -> None:
    model = Model(held=True)
    ours = queue(model)
    first = asyncio.create_task(judged(ours, "first"))
    await asyncio.to_thread(model.begun.acquire)
    gone = asyncio.create_task(ours.judged("gone", 4))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    model.go.release(2)
    assert await first == [5]
    assert await judged(ours, "next") == [4]
    assert model.batches == [["first"], ["next"]]


async def test_no_more_texts_wait_than_the_bound() -> None:
    model = Model(held=True)
    ours = queue(model, bound=2)
    tasks = [asyncio.create_task(judged(ours, f"text {number}")) for number in range(5)]
    await asyncio.to_thread(model.begun.acquire)
    assert len(model.batches[0]) == 2
    assert not ours._waiting
    model.go.release(5)
    assert await asyncio.gather(*tasks) == [[6]] * 5


async def test_it_says_for_how_long_no_batch_has_ended() -> None:
    model = Model(held=True)
    ours = queue(model)
    assert ours.idle_s() == 0
    task = asyncio.create_task(judged(ours, "a"))
    await asyncio.to_thread(model.begun.acquire)
    await asyncio.sleep(0.01)
    assert ours.idle_s() > 0
    model.go.release()
    await task
    assert ours.idle_s() == 0


async def test_what_waits_when_it_closes_is_cancelled() -> None:
    model = Model(held=True)
    ours = queue(model, max_tokens=1)
    tasks = [asyncio.create_task(judged(ours, text)) for text in ("a", "b")]
    await asyncio.to_thread(model.begun.acquire)
    ours.close()
    model.go.release()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(end) for end in ends] == [asyncio.CancelledError] * 2
