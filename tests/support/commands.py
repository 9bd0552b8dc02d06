"""`factory` commands as processes of their own, watched by tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile

import psutil
from support.waiting import HANGS_S, wait_until

ROOT = Path(__file__).parents[2]


class Running:
    """Running `factory` process, in a process group of its own as a shell makes one, and every process it started."""

    def __init__(self, *arguments: str) -> None:
        # Files, no pipes: what was said so far can be read while the process runs, and it never waits for a reader.
        self._stdout, self._stderr = TemporaryFile("w+"), TemporaryFile("w+")  # noqa: SIM115 - open as long as this
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tools.cli", *arguments],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), f"{ROOT}/tests"])},
            stdout=self._stdout,
            stderr=self._stderr,
            text=True,
            start_new_session=True,
        )
        self._family: dict[int, psutil.Process] = {}

    @property
    def stdout(self) -> str:
        """Text on stdout so far."""
        self._stdout.seek(0)
        return self._stdout.read()

    @property
    def stderr(self) -> str:
        """Text on stderr so far."""
        self._stderr.seek(0)
        return self._stderr.read()

    def wait_for(self, holds: Callable[[], bool]) -> None:
        """Return once `holds()`; fail if the process ends before."""

        def held() -> bool:
            come = holds()
            assert come or self.process.poll() is None, (self.process.returncode, self.stdout, self.stderr)
            self.look()
            return come

        wait_until(held)

    def look(self) -> None:
        """Remember all descendants: once the parent is gone, nobody knows them any more."""
        self._family.update({child.pid: child for child in psutil.Process(self.process.pid).children(recursive=True)})

    def end(self) -> tuple[int, str, str]:
        """Wait for the end and return exit code, stdout and stderr."""
        self.process.wait(HANGS_S)
        return self.process.returncode, self.stdout, self.stderr

    def kill(self) -> None:
        """Kill the process (SIGKILL) and see it gone; what it started is left to itself."""
        self.look()
        self.process.kill()
        self.process.wait(HANGS_S)

    def alive(self) -> list[psutil.Process]:
        """List the processes it started that live."""
        return [process for process in self._family.values() if lives(process)]

    def wait_until_all_are_gone(self) -> None:
        """Return once nothing that it started is alive."""
        wait_until(lambda: not self.alive(), "the end of all that the command had started")


def title(process: psutil.Process) -> str:
    """Return a process's command line; nothing when it is gone."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def lives(process: psutil.Process) -> bool:
    """Tell whether a process runs; a zombie does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
