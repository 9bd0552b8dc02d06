"""Guard of a local Ray session: nothing of it outlives its driver, also when the driver is killed with SIGKILL.

The kernel then kills GCS and raylet (Ray asks it to), and workers follow their raylet. But the raylet's agents first
try for more than a minute to tell the dead GCS about it. So `guarded` starts this file as a script, with the arguments
PARENT PID:START …, which waits for the parent's end and kills those processes. It uses the standard library only, so
that it needs little memory. Linux only.

A process is named PID:START throughout, its start in ticks since boot: ids are used again, such names never.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def guarded(family: set[str]) -> Iterator[None]:
    """Have `family`, processes as PID:START, killed when this process dies within the block."""
    guard = subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, str(os.getpid()), *family],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Ctrl-C is the driver's to handle, and must not end the guard.
        start_new_session=True,
    )
    try:
        yield
    finally:
        guard.kill()
        guard.wait()


def kill(family: set[str]) -> None:
    """Kill those of `family` that still live, with SIGKILL."""
    for pid, _, start in (member.partition(":") for member in family):
        if _start_of(pid) == start:
            with contextlib.suppress(OSError):
                os.kill(int(pid), signal.SIGKILL)


def _start_of(pid: str) -> str:
    """Return when a process began, in ticks since boot; "" when it is gone.

    `factory.processes` reads the same, but cannot be imported here: run as a script, this file has no path to it.
    """
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The name stands in brackets before and may hold anything, also brackets.
    return text.rpartition(")")[2].split()[19]


def main(parent: int, family: set[str]) -> None:
    """Wait for `parent` to end, then kill who is left of `family`."""
    while os.getppid() == parent:
        time.sleep(0.5)
    kill(family)


if __name__ == "__main__":
    main(int(sys.argv[1]), set(sys.argv[2:]))
