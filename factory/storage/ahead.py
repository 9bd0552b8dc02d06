"""Calls made ahead of the reader of their results.

* Results come in the order of the items, whichever call ends first.
* At most `width` calls are in flight or wait to be read: memory is bounded.
* A reader that stops (an exception, Ctrl-C) does not wait for the calls in flight longer than `GRACE_S`.
"""

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
GRACE_S = 1.0  # seconds that a reader who stops waits for calls in flight


def in_order(call: Callable[[A], B], items: Iterable[A], width: int) -> Iterator[B]:
    """Yield what `map(call, items)` does, with up to `width` calls in flight.

    A reader that stops early waits `GRACE_S` seconds for the calls in flight, though the store's patience is longer:
    none of them is tried again, and their results are dropped.

    Args:
      call: function to call in a thread of its own.
      items: its arguments; read lazily, `width` ahead.
      width: calls in flight at a time; 1 calls in the reader's own thread.

    Raises:
      Exception: what a call raised, in its place in the order.
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
    """Start `call(item)` in a daemon thread and return its future.

    `ThreadPoolExecutor` would not do: it joins its threads, and so does the interpreter when it ends.
    """
    future: Future[B] = Future()

    def work() -> None:
        GIVEN_UP.set(given_up)
        try:
            future.set_result(call(item))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work, name="read ahead", daemon=True).start()
    return future
