"""Last words of an engine: what it and its child processes print while it starts, and its children later on.

Why vLLM does not start stands in what its processes print, not in the error that reaches the caller.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import sys
import threading
from collections import deque
from collections.abc import Iterator

KEPT_BYTES = 1 << 16
_CHUNK = 1 << 13
# Room while the pump cannot run, as native code that holds Python's lock also prints.
_PIPE_BYTES = 1 << 20
_SETTLED_S = 0.5
_LONGEST_LINE = 300
_TELLING = re.compile(r"error|exception|cannot|failed|killed|out of memory", re.IGNORECASE)


class LastWords:
    """Latest output of the processes that are started in the block `listening`, passed on to where it went before."""

    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._lock = threading.Lock()
        self._pumps: list[threading.Thread] = []

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Listen to this process for the block, and to the children that it starts meanwhile as long as they live."""
        before = []
        for descriptor in (1, 2):
            before.append((descriptor, os.dup(descriptor)))
            # A pipe, not a file: nothing grows with the time that an engine runs.
            read, write = os.pipe()
            with contextlib.suppress(OSError):
                fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
            pump = threading.Thread(target=self._pump, args=(read, os.dup(descriptor)), daemon=True)
            _flush()
            os.dup2(write, descriptor)
            os.close(write)
            pump.start()
            self._pumps.append(pump)
        try:
            yield
        finally:
            _flush()
            for descriptor, copy in before:
                os.dup2(copy, descriptor)
                os.close(copy)

    def lines(self, count: int) -> list[str]:
        """Return the latest lines, at most `count`, those that tell of an error where there are any."""
        # What a process printed before it ended may still be on its way.
        for pump in self._pumps:
            pump.join(_SETTLED_S)
        with self._lock:
            text = b"".join(self._chunks).decode(errors="replace")
        lines = ["".join(c if c.isprintable() else " " for c in line).strip() for line in text.splitlines()]
        lines = list(dict.fromkeys(line[:_LONGEST_LINE] for line in lines if line))
        return ([line for line in lines if _TELLING.search(line)] or lines)[-count:]

    def sentence(self, count: int = 5) -> str:
        """Return the latest lines as an addition to an error; "" where nothing was said."""
        lines = self.lines(count)
        return f"; its last words: {' | '.join(lines)}" if lines else ""

    def _pump(self, read: int, to: int) -> None:
        """Pass on and keep what is written until the last writer has ended."""
        while chunk := os.read(read, _CHUNK):
            with self._lock:
                self._chunks.append(chunk)
                self._size += len(chunk)
                while self._size - len(self._chunks[0]) >= KEPT_BYTES:
                    self._size -= len(self._chunks.popleft())
            # A reader that is gone must not end the listening: the writers would block.
            with contextlib.suppress(OSError):
                os.write(to, chunk)
        os.close(read)
        os.close(to)


def _flush() -> None:
    """Send on what Python has not written yet, so that it goes where it was meant to."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
