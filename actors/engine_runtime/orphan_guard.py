"""Run as a script by `engine_process.start_guard`: PARENT_PID NAME VALUE.

Waits until the parent has died, then kills every process with NAME=VALUE in its environment. Standard library only,
so that it starts in milliseconds and weighs little. Linux only, like the engines it looks after.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path


def marked(entry: bytes) -> list[int]:
    """Ids of all other processes that have `entry` (NAME=VALUE) in the environment they were started with."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # gone meanwhile, or somebody else's
            if entry in (process / "environ").read_bytes().split(b"\0") and int(process.name) != os.getpid():
                if b"multiprocessing.resource_tracker" in (process / "cmdline").read_bytes():
                    continue  # ends by itself, and cleans up shared memory on its way
                found.append(int(process.name))
    return found


def main(parent: int, entry: bytes) -> None:
    """Poll the parent id, not a pipe: a forked child would hold a pipe open long after the parent is gone."""
    while os.getppid() == parent:
        time.sleep(0.5)
    deadline = time.monotonic() + 10
    while (left := marked(entry)) and time.monotonic() < deadline:  # again: one may have been starting another
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)


if __name__ == "__main__":
    main(int(sys.argv[1]), f"{sys.argv[2]}={sys.argv[3]}".encode())
