"""Process table of this machine, read from /proc: trees of processes, and when each began. Linux.

A process is named PID:START where it may be looked at later: ids are used again, such names never.
`cluster/session_guard.py` and `actors/engine_runtime/orphan_guard.py` also run as scripts of the standard library
alone, so they read /proc by themselves.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

# Positions in `stat_fields`, by proc_pid_stat(5) less the three fields up to the state.
STATE, PARENT, START = 0, 1, 19


def stat_fields(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on; empty when there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    # The name in front stands in brackets and is the program's to choose: it may hold brackets and blanks.
    return text.rpartition(")")[2].split()


def descendants(pid: int) -> Iterator[int]:
    """Yield `pid` and the processes below it, parents first. A process that ends meanwhile may be left out."""
    tree = [pid]
    for parent in tree:
        yield parent
        with suppress(OSError):
            # Each thread lists the children that it started itself: proc_pid_task_children(5).
            for task in os.listdir(f"/proc/{parent}/task"):
                with open(f"/proc/{parent}/task/{task}/children") as children:
                    tree += map(int, children.read().split())


def named_descendants(pid: int) -> set[str]:
    """Return the processes below `pid`, itself left out, each as PID:START."""
    started = {process: stat_fields(process) for process in descendants(pid) if process != pid}
    return {f"{process}:{fields[START]}" for process, fields in started.items() if fields}


def boot_id() -> str:
    """Return a name of the time since this machine was started; another one after every boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def parent_of(pid: int) -> int | None:
    """Return the id of the parent; None when there is no such process."""
    fields = stat_fields(pid)
    return int(fields[PARENT]) if fields else None


def living_since(pid: int) -> str:
    """Return when a process began, in ticks since boot; "" when it is gone, or dead and not reaped yet."""
    fields = stat_fields(pid)
    return "" if not fields or fields[STATE] in "ZX" else fields[START]
