"""Looks, now and then, at what a running program uses, against what it may."""

from __future__ import annotations

import os
import time

from factory.sandbox.bubblewrap import WORK
from factory.sandbox.limits import How, Limits
from factory.sandbox.usage import usage_of

LOOK_EVERY_S = 0.05
# An empty file takes kernel memory that no size counts.
_MAX_FILES = 10_000
# Processes of bubblewrap itself, outside and inside.
_OWN_PROCESSES = 2


class Watch:
    """Watch over the process `pid`, all below it, and its working folder.

    `next_look`: when to look again, as a `time.monotonic()`. `cpu_s`, `touched`: as in `Ended`, so far.

    Args:
      pid: outermost process of the program.
      init: first process in its namespace, which sees the working folder; None where there is no sandbox.
      limits: what the program may use.
    """

    def __init__(self, pid: int, init: int | None, limits: Limits) -> None:
        self.next_look = time.monotonic() + LOOK_EVERY_S
        self.cpu_s = 0.0
        self.touched: set[str] = set()
        self._pid = pid
        self._init = init
        self._limits = limits
        # Descriptor of the working folder, once it is mounted.
        self._disk: int | None = None

    def close(self) -> None:
        """Let go of the working folder."""
        if self._disk is not None:
            os.close(self._disk)
            self._disk = None

    def look(self) -> How | None:
        """Return the limit that was exceeded, None where none was."""
        self.next_look = time.monotonic() + LOOK_EVERY_S
        usage = usage_of(self._pid)
        files_bytes, files = self.look_at_disk()
        self.cpu_s = max(self.cpu_s, usage.cpu_s)
        if usage.memory_bytes + files_bytes > self._limits.memory_mb << 20 or files > _MAX_FILES:
            return How.MEMORY
        if usage.cpu_s > self._limits.cpu_s:
            return How.CPU_TIME
        if self._init is None and usage.tasks > self._limits.processes:
            return How.PROCESSES
        if self._init is not None and usage.tasks >= self._limits.processes + _OWN_PROCESSES:
            self.touched.add("processes")
        return None

    def look_at_disk(self) -> tuple[int, int]:
        """Return bytes and number of files in the working folder, as far as they can be seen."""
        if self._disk is None and (disk := self._open_disk()) is not None:
            self._disk = disk
        if self._disk is None:
            return 0, 0
        about = os.fstatvfs(self._disk)
        if about.f_bavail == 0:
            self.touched.add("disk")
        return (about.f_blocks - about.f_bfree) * about.f_frsize, about.f_files - about.f_ffree

    def _open_disk(self) -> int | None:
        """Open the working folder; None while it is not mounted, or where we may not see it."""
        if self._init is None:
            return None
        try:
            disk = os.open(f"/proc/{self._init}/root{WORK}", os.O_PATH)
        except OSError:
            return None
        about = os.fstatvfs(disk)
        if about.f_blocks * about.f_frsize == self._limits.tmp_mb << 20:
            return disk
        # A folder of the same name outside: bwrap is not done yet.
        os.close(disk)
        return None
