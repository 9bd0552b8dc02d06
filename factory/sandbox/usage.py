"""What a tree of processes uses, read from /proc. Linux."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """`memory_bytes`: resident, what processes share counted for each. `cpu_s`: children waited for included.
    `tasks`: processes and threads."""

    tasks: int = 0
    memory_bytes: int = 0
    cpu_s: float = 0.0


def descendants(pid: int) -> Iterator[int]:
    """`pid` and the processes below it, parents first. A process that goes meanwhile may be left out."""
    found = [pid]
    for parent in found:
        yield parent
        with suppress(OSError):
            for task in os.listdir(f"/proc/{parent}/task"):
                with open(f"/proc/{parent}/task/{task}/children") as children:  # proc_pid_task_children(5)
                    found += map(int, children.read().split())


def usage_of(pid: int) -> Usage:
    """What `pid` and the processes below it use together."""
    tasks = memory_bytes = ticks = 0
    for process in descendants(pid):
        with suppress(OSError, IndexError):
            with open(f"/proc/{process}/stat", "rb") as file:
                # proc_pid_stat(5), from field 3 on: the name in field 2 is the program's to choose
                fields = file.read().rpartition(b")")[2].split()
            ticks += sum(map(int, fields[11:15]))
            tasks += int(fields[17])
            memory_bytes += int(fields[21]) * _PAGE_BYTES
    return Usage(tasks=tasks, memory_bytes=memory_bytes, cpu_s=ticks / _TICKS_PER_S)


def parent_of(pid: int) -> int | None:
    """The parent's id; None when there is no such process."""
    with suppress(OSError), open(f"/proc/{pid}/stat", "rb") as file:
        return int(file.read().rpartition(b")")[2].split()[1])
    return None
