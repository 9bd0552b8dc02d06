"""Several awaits at once: in order, and none left behind."""

from __future__ import annotations

import asyncio

import pytest

from factory.errors import EngineFailed
from factory.rollouts.together import together


async def test_results_come_in_the_order_of_the_work():
    async def after(delay: float, value: int) -> int:
        await asyncio.sleep(delay)
        return value

    assert await together(after(0.01 * (3 - i), i) for i in range(3)) == [0, 1, 2]


async def test_the_first_error_is_raised_as_itself_and_ends_the_others():
    ended = []

    async def waits() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def fails() -> None:
        await asyncio.sleep(0)
        raise EngineFailed("gone")

    with pytest.raises(EngineFailed, match="gone"):
        await together([waits(), fails(), waits()])
    assert ended == [True, True]


async def test_nothing_to_do_is_done():
    assert await together([]) == []
