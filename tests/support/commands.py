"""`factory` commands as processes of their own, watched by tests."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

SUMMARY_S, GONE_S = 90, 20


class Running:
    """Running `factory` process, in a process group of its own as a shell makes one, and every process it started."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tools.cli", *arguments],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._family: dict[int, psutil.Process] = {}

    def wait_for(self, holds: Callable[[], bool]) -> None:
        """Wait until `holds()` is true, remembering all descendants on the way; fails if the process ends before."""
        deadline = time.monotonic() + SUMMARY_S
        while not holds():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            self.look()
            time.sleep(0.1)
        self.look()

    def look(self) -> None:
        """Remember all descendants: once the parent is gone, nobody knows them any more."""
        self._family.update({child.pid: child for child in psutil.Process(self.process.pid).children(recursive=True)})

    def end(self) -> tuple[int, str, str]:
        """Wait for the end; return exit status, stdout and stderr."""
        stdout, stderr = self.process.communicate(timeout=SUMMARY_S)
        return self.process.returncode, stdout, stderr

    def alive(self) -> list[psutil.Process]:
        """Return the descendants seen so far that still run."""
        return [p for p in self._family.values() if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]

    def seconds_until_all_are_gone(self) -> float:
        """Wait until no descendant runs any more; return how long that took, in seconds."""
        started = time.monotonic()
        while self.alive():
            assert time.monotonic() - started < GONE_S, [process.cmdline() for process in self.alive()]
            time.sleep(0.1)
        return time.monotonic() - started
