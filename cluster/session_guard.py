"""Sees to it that nothing of a local Ray session outlives its driver, also when that one is SIGKILLed.

The kernel then kills GCS and raylet (Ray asks it to) and workers follow their raylet; but the raylet's agents first
try for more than a minute to tell the dead GCS about it. `guarded` starts this file as a script, PARENT PID:START …,
which waits for the parent's end and kills those processes. Standard library only, so that it weighs little. Linux only.

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
    """For the block, have `family` killed when this process dies."""
    guard = subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, str(os.getpid()), *family],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is the driver's to handle
    )
    try:
        yield
    finally:
        guard.kill()
        guard.wait()


def descendants(ancestor: int) -> set[str]:
    """The children of `ancestor`, their children, and so on."""
    stats = {path.name: _stat(path.name) for path in Path("/proc").glob("[0-9]*")}
    found = {str(ancestor)}
    while more := {pid for pid, (parent, _) in stats.items() if parent in found} - found:
        found |= more
    return {f"{pid}:{stats[pid][1]}" for pid in found - {str(ancestor)}}


def kill(family: set[str]) -> None:
    """SIGKILL those that still live."""
    for pid, _, start in (member.partition(":") for member in family):
        if _stat(pid)[1] == start:
            with contextlib.suppress(OSError):
                os.kill(int(pid), signal.SIGKILL)


def living_since(pid: int) -> str:
    """When a process began, in ticks since boot; empty when it is gone or but a corpse."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    state, *_ = fields = text.rpartition(")")[2].split()
    return "" if state in "ZX" else fields[19]


def _stat(pid: str) -> tuple[str, str]:
    """(parent, start) of a process; empty when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "", ""
    fields = text.rpartition(")")[2].split()  # the name before it may hold anything
    return fields[1], fields[19]


def main(parent: int, family: set[str]) -> None:
    """Wait for `parent` to end, then kill who is left of `family`."""
    while os.getppid() == parent:
        time.sleep(0.5)
    kill(family)


if __name__ == "__main__":
    main(int(sys.argv[1]), set(sys.argv[2:]))
