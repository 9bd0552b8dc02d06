"""Use of memory, CPU time and processes by a tree of processes, read from /proc. Linux."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass

from factory.processes import descendants, stat_fields

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Use of a tree of processes.

    * `tasks`: processes and threads.
    * `memory_bytes`: resident memory; what processes share is counted for each.
    * `cpu_s`: CPU seconds, children waited for included.
    """

    tasks: int = 0
    memory_bytes: int = 0
    cpu_s: float = 0.0


def usage_of(pid: int) -> Usage:
    """Return what `pid` and the processes below it use together."""
    tasks = memory_bytes = ticks = 0
    for process in descendants(pid):
        # A process that has just ended has no fields, or fewer.
        with suppress(IndexError):
            fields = stat_fields(process)
            ticks += sum(map(int, fields[11:15]))
            tasks += int(fields[17])
            memory_bytes += int(fields[21]) * _PAGE_BYTES
    return Usage(tasks=tasks, memory_bytes=memory_bytes, cpu_s=ticks / _TICKS_PER_S)
