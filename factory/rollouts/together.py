"""Concurrent awaiting of several coroutines that leaves none of them running after an error."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Return the results of all coroutines, in order.

    The first error cancels the others and waits for them before it is raised unchanged: `asyncio.gather` alone would
    leave them running and costing rollouts, a `TaskGroup` would wrap the error in a group.
    """
    coroutines = list(work)
    if len(coroutines) == 1:
        # Nearly always, while a labeller probes; a task of its own would cost more than many a check.
        return [await coroutines[0]]
    tasks = [asyncio.create_task(one) for one in coroutines]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
