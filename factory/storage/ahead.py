"""Calls made ahead of whoever reads their results: order kept, at most `width` waiting."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from itertools import islice
from typing import TypeVar

from factory.storage.retries import GIVEN_UP

A = TypeVar("A")
B = TypeVar("B")
GRACE_S = 1.0


def in_order(call: Callable[[A], B], items: Iterable[A], width: int) -> Iterator[B]:
    """`map(call, items)` with up to `width` calls in flight. Raises what a call raised, at its place.

    Whoever stops reading, by Ctrl-C, too, waits `GRACE_S` for the calls in flight and no longer, though the store's
    patience is: none of them is tried again, and what they give is dropped.
    """
    if width <= 1:
        yield from map(call, items)
        return
    given_up = threading.Event()
    waiting: deque[Future[B]] = deque()
    stream = iter(items)
    try:
        for item in islice(stream, width):
            waiting.append(_begun(call, item, given_up))
        while waiting:
            done = waiting.popleft().result()
            for item in islice(stream, 1):
                waiting.append(_begun(call, item, given_up))
            yield done
    finally:
        given_up.set()
        wait(waiting, GRACE_S)


def _begun(call: Callable[[A], B], item: A, given_up: threading.Event) -> Future[B]:
    """`call(item)` in a daemon thread: `ThreadPoolExecutor` joins its own, and the interpreter's end does so again."""
    future: Future[B] = Future()

    def work() -> None:
        GIVEN_UP.set(given_up)
        try:
            future.set_result(call(item))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work, name="read ahead", daemon=True).start()
    return future
