"""Guard that kills what is left of a parent that died: its marked processes, and those that were once below it.

Run as a script by `engine_process.start_guard`: PARENT_PID NAME VALUE. It waits until the parent has died, remembering
its descendants meanwhile, then kills every process with NAME=VALUE in its environment and every one it remembers: one
that wrote its title over its environment carries no mark any more. Standard library only, so that it starts in
milliseconds and weighs little. Linux only, like the engines it looks after.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_POLL_S = 0.5
_SPARED = (b"multiprocessing.resource_tracker", os.fsencode(os.path.basename(__file__)))


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


def below(pid: int) -> dict[int, str]:
    """Return the processes below `pid`, each with its start in ticks since boot: ids are used again, both never."""
    tree = [pid]
    for parent in tree:
        tree += _children(parent)
    return {process: start for process in tree[1:] if (start := _start_of(process)) and not _is_spared(process)}


def main(parent: int, entry: bytes) -> None:
    """Wait for the end of `parent`, then kill every process marked with `entry` or once below it, for at most 10 s."""
    known: dict[int, str] = {}
    # Poll the parent id, not a pipe: a forked child would hold a pipe open long after the parent is gone.
    while os.getppid() == parent:
        # Of those from before only the living: nothing grows with the time that an engine runs.
        known = {**_living(known), **below(parent)}
        time.sleep(_POLL_S)
    deadline = time.monotonic() + 10
    # Look again after every round: a process may have been starting another one.
    while (left := {*marked(entry), *(known := _living(_with_children(known)))}) and time.monotonic() < deadline:
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)


def _with_children(known: dict[int, str]) -> dict[int, str]:
    """Return the known processes with all that are below them now."""
    more = {child: start for pid in _living(known) for child, start in below(pid).items()}
    return {**known, **more}


def _living(known: dict[int, str]) -> dict[int, str]:
    """Return those of the known processes that are still the same."""
    return {pid: start for pid, start in known.items() if _start_of(pid) == start}


def _children(pid: int) -> Iterator[int]:
    """Yield the children of a process; each of its threads lists those that it started itself."""
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as children:
                yield from map(int, children.read().split())


def _start_of(pid: int) -> str:
    """Return when a process began, in ticks since boot; "" when it is gone, or dead and not reaped yet."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The name stands in brackets before and may hold anything, also brackets.
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


def _is_spared(pid: int) -> bool:
    """Return True for Python's resource tracker, which cleans up and ends by itself, and for a guard like this one."""
    with contextlib.suppress(OSError):
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
        return any(name in command for name in _SPARED)
    return False


if __name__ == "__main__":
    main(int(sys.argv[1]), f"{sys.argv[2]}={sys.argv[3]}".encode())
