"""Starts of an engine that fail, and starts that several wait for."""

from __future__ import annotations

import asyncio

import pytest

from actors.engine_calls.startup import Startup
from factory.errors import BadInput


class Starts:
    """Start that fails a number of times; `tried` counts."""

    def __init__(self, failures: int) -> None:
        self.failures, self.tried = failures, 0

    async def __call__(self) -> None:
        self.tried += 1
        await asyncio.sleep(0)
        if self.tried <= self.failures:
            raise BadInput(f"try {self.tried}")


async def test_a_start_that_failed_is_tried_again():
    starts = Starts(failures=2)
    startup = Startup(starts, pause_s=0.0)
    for tried in (1, 2):
        with pytest.raises(BadInput, match=f"try {tried}"):
            await startup.done()
    await startup.done()
    await startup.done()
    assert starts.tried == 3


async def test_all_who_wait_share_one_start_and_one_who_gives_up_does_not_end_it():
    starts = Starts(failures=0)
    startup = Startup(starts)
    waiting = [asyncio.create_task(startup.done()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    await asyncio.gather(*waiting[1:])
    assert starts.tried == 1


async def test_within_the_pause_the_failure_is_said_again():
    starts = Starts(failures=1)
    startup = Startup(starts, pause_s=60.0)
    for _ in range(3):
        with pytest.raises(BadInput, match="try 1"):
            await startup.done()
    assert starts.tried == 1
