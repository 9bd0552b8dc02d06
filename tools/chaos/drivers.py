"""Drivers of a chaos run, one after the other: `factory run`, then `factory resume` after each that ended early."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from cluster.session_guard import guarded
from factory.processes import named_descendants

ROOT = Path(__file__).parents[2]
PAUSE_S = 1.0  # before a driver that ended with an error is followed by the next
LAST_LINES = 3


class Drivers:
    """Succession of drivers; at most one runs at a time.

    `started` counts them. `errors` holds the last words of those that ended by themselves with an error.
    """

    def __init__(self, first: Sequence[str], later: Sequence[str], logs: Path) -> None:
        self._first, self._later, self._logs = list(first), list(later), logs
        self._process: subprocess.Popen[bytes] | None = None
        self._killed = False
        self._not_before = 0.0
        # Whether there is something to resume.
        self.begun = False
        self.complete = False
        self.started = 0
        self.errors: list[str] = []

    @property
    def pid(self) -> int | None:
        """Process id of the driver that runs; None while none does."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def keep_going(self) -> None:
        """Check on the driver; start another one unless it runs, or the run is complete."""
        if self.complete or self.pid is not None or time.monotonic() < self._not_before:
            return
        if self._process is not None and self._ended():
            return
        self.started += 1
        self._killed = False
        self._process = start(self._later if self.begun else self._first, self._log)

    def kill(self) -> None:
        """Kill the driver by SIGKILL."""
        assert self._process is not None
        self._killed = True
        self._process.kill()
        self._process.wait()

    def end(self, limit_s: float) -> bool:
        """Ask the driver that runs to end, as a first Ctrl-C does; return whether it has within `limit_s` seconds."""
        if self._process is None:
            return True
        self._killed = True
        # Of a shell's background jobs SIGINT is ignored.
        self._process.terminate()
        try:
            self._process.wait(limit_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """End the driver that runs, if any does."""
        if self.pid is not None:
            self.kill()

    @property
    def _log(self) -> Path:
        return self._logs / f"driver-{self.started}.log"

    def _ended(self) -> bool:
        """Return True when the run is complete; else record why the driver ended."""
        assert self._process is not None
        code = self._process.wait()
        self._process = None
        self.complete = code == 0
        if not self.complete and not self._killed:
            lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            self.errors.append(f"driver {self.started} ended with {code}: {' | '.join(lines[-LAST_LINES:])}")
            self._not_before = time.monotonic() + PAUSE_S
        return self.complete or not self._killed


def start(arguments: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start the command `factory`, with its output in `log`."""
    with open(log, "wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "tools.cli", *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C is ours to handle.
            start_new_session=True,
        )


def finish(arguments: Sequence[str], log: Path, limit_s: float) -> int:
    """Run the command `factory` to its end, and return its exit status.

    Args:
      arguments: arguments of the command.
      log: file for its output.
      limit_s: longest time in seconds.

    Raises:
      subprocess.TimeoutExpired: it took longer.
    """
    process = start(arguments, log)
    itself = {name for name in named_descendants(os.getpid()) if name.startswith(f"{process.pid}:")}
    with guarded(itself):
        try:
            return process.wait(limit_s)
        finally:
            process.kill()
            process.wait()
