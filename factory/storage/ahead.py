"""Calls made ahead of whoever reads their results: order kept, at most `width` waiting."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def in_order(call: Callable[[A], B], items: Iterable[A], width: int) -> Iterator[B]:
    """`map(call, items)` with up to `width` calls in flight. Raises what a call raised, at its place."""
    if width <= 1:
        yield from map(call, items)
        return
    waiting: deque[Future[B]] = deque()
    stream = iter(items)
    with ThreadPoolExecutor(width) as pool:
        try:
            for item in islice(stream, width):
                waiting.append(pool.submit(call, item))
            while waiting:
                done = waiting.popleft().result()
                for item in islice(stream, 1):
                    waiting.append(pool.submit(call, item))
                yield done
        finally:
            for future in waiting:
                future.cancel()
