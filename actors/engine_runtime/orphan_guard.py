"""Guard that kills the marked processes of a parent that died.

Run as a script by `engine_process.start_guard`: PARENT_PID NAME VALUE. It waits until the parent has died, then kills
every process with NAME=VALUE in its environment. Standard library only, so that it starts in milliseconds and weighs
little. Linux only, like the engines it looks after.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path


# Not by `factory.processes`: a script that starts in milliseconds imports nothing of ours, and orphans of the dead
# parent are in nobody's tree any more, so their environment has to be looked at.
def marked(entry: bytes) -> list[int]:
    """Return the ids of all other processes that were started with `entry` (NAME=VALUE) in their environment."""
    pids = []
    for process in Path("/proc").glob("[0-9]*"):
        # A process may be gone meanwhile, or be somebody else's.
        with contextlib.suppress(OSError):
            if entry in (process / "environ").read_bytes().split(b"\0") and int(process.name) != os.getpid():
                if b"multiprocessing.resource_tracker" in (process / "cmdline").read_bytes():
                    # It ends by itself, and cleans up shared memory on its way.
                    continue
                pids.append(int(process.name))
    return pids


def main(parent: int, entry: bytes) -> None:
    """Wait for the end of `parent`, then kill every process marked with `entry`, for at most 10 s."""
    # Poll the parent id, not a pipe: a forked child would hold a pipe open long after the parent is gone.
    while os.getppid() == parent:
        time.sleep(0.5)
    deadline = time.monotonic() + 10
    # Look again after every round: a process may have been starting another one.
    while (left := marked(entry)) and time.monotonic() < deadline:
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)


if __name__ == "__main__":
    main(int(sys.argv[1]), f"{sys.argv[2]}={sys.argv[3]}".encode())
