"""Pool of processes for an export's calls: results in the order of the calls, a bounded number in flight.

Processes are spawned, not forked, so that it works in a process with threads, such as a Ray worker's. They die with the
process that started them, and leave Ctrl-C to it.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from typing import Protocol, TypeVar

from factory.errors import FactoryError

A = TypeVar("A")
B = TypeVar("B")
# Each holds a row group of what it reads and of what it writes.
MOST_PROCESSES = 4
# Seconds for one call; stores have a patience of their own, which is shorter.
CALL_LIMIT_S = 3600.0
_PR_SET_PDEATHSIG = 1


class Map(Protocol):
    """The built-in `map` of one iterable, or something that spreads its calls over processes."""

    def __call__(self, call: Callable[[A], B], items: Iterable[A], /) -> Iterator[B]:
        """Yield the result of `call` for every item, in order."""
        ...


def processes_here() -> int:
    """Return how many processes suit this machine: one per CPU, at most 4."""
    return max(1, min(MOST_PROCESSES, len(os.sched_getaffinity(0))))


@contextmanager
def pool(processes: int) -> Iterator[Map]:
    """Give the block a `map` over `processes` processes; with one, calls are made in this process.

    Raises what a call raised, at its place, and `FactoryError` where a process was killed or says nothing for
    `CALL_LIMIT_S`. Whatever is raised in the block ends the processes at once: what they write is scratch.
    """
    if processes <= 1:
        yield map
        return
    executor = ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(os.getpid(),)
    )
    try:

        def spread(call: Callable[[A], B], items: Iterable[A], /) -> Iterator[B]:
            return _in_order(executor, call, items, 2 * processes)

        yield spread
    except BaseException:
        # Until Python 3.14 there is no public way to kill them.
        for process in list((executor._processes or {}).values()):
            process.kill()
        raise
    finally:
        executor.shutdown(cancel_futures=True)


def _in_order(executor: ProcessPoolExecutor, call: Callable[[A], B], items: Iterable[A], width: int) -> Iterator[B]:
    """Yield the results of `call` in the order of `items`, with at most `width` calls in flight."""
    stream = iter(items)
    waiting: deque[Future[B]] = deque()
    try:
        # Start as many calls as may be in flight; each result then lets one more start.
        for item in islice(stream, width):
            waiting.append(executor.submit(call, item))
        while waiting:
            first = waiting.popleft()
            # Calls end in any order, and results leave in the order of the calls.
            if not wait([first], CALL_LIMIT_S).done:
                raise FactoryError(
                    f"a process of the export has said nothing for {CALL_LIMIT_S:.0f} s. Nothing was published; look "
                    "at the disk of RUN_DIR and OUT, then export again."
                )
            done = first.result()
            for item in islice(stream, 1):
                waiting.append(executor.submit(call, item))
            yield done
    except BrokenProcessPool:
        raise FactoryError(
            "a process of the export was killed, most likely for want of memory. Nothing was published; export again, "
            "with --processes 1 if it happens again."
        ) from None
    finally:
        for future in waiting:
            future.cancel()


def _begin(parent: int) -> None:
    """Prepare a process of the pool: it ignores Ctrl-C and dies with its parent."""
    # Ctrl-C reaches the whole process group; the parent ends the pool by itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The parent died before the line above, so no signal will come.
    if os.getppid() != parent:
        os._exit(1)
