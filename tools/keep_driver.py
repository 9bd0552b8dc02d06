"""Driver of a run that is started again when it dies: the entry point of a submitted run.

    python -m tools.keep_driver --restarts 2 -- run submitted.yaml cluster.address=auto

Ray runs a job's entry point once. This one runs `factory` with the words behind `--`, and again when it died by a
signal or with a status that is none of its own: the next driver goes on where the dead one was. There are 5, 10, 20, …
s in between. An end of its own is passed on: 0 complete, 1 short or failed, 2 a mistake of the user, 130 interrupted.
It uses the standard library only, so that it can say what the cluster's Python lacks.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec

OWN_ENDS = (0, 1, 2, 130)
# Seconds before the first restart, doubled with each, and the most.
PAUSE_S, MOST_PAUSE_S = 5.0, 300.0
OLDEST_PYTHON = (3, 11)
# Variable of the processes of a Ray job; its supervisor signals all of them itself.
RAY_JOB = "RAY_JOB_CONFIG_JSON_ENV_VAR"


def pause_s(restart: int) -> float:
    """Return the seconds to wait before a restart, by its number from 1 on."""
    return min(MOST_PAUSE_S, PAUSE_S * 2.0 ** (restart - 1))


def begins_again(status: int, restarts_left: int, *, stopping: bool) -> bool:
    """Return whether a driver is started again.

    Args:
      status: its exit status, negative for a signal.
      restarts_left: how often it still may be.
      stopping: True once somebody asked for an end.
    """
    return not stopping and restarts_left > 0 and status not in OWN_ENDS


def what_lacks(version: tuple[int, int]) -> str | None:
    """Return in one sentence what this Python lacks to run the factory; None where it can."""
    if version < OLDEST_PYTHON:
        return (
            f"the cluster's python is {version[0]}.{version[1]} ({sys.executable}). Expected "
            f"{OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} or newer; name another with --python."
        )
    if missing := [name for name in ("ray", "omegaconf", "pyarrow", "typer") if find_spec(name) is None]:
        return (
            f"the cluster's python ({sys.executable}) lacks {', '.join(missing)}. Expected what selfplay-factory "
            "depends on, as in cluster/files/Dockerfile; install it there, or name another Python with --python."
        )
    return None


class Keeper:
    """Keeper of one driver at a time, and of the signals for it."""

    def __init__(self) -> None:
        self.stopping = False
        self._driver: subprocess.Popen[bytes] | None = None

    def __call__(self, number: int, _: object) -> None:
        """Note that somebody asked for an end, and pass that on to the driver."""
        self.stopping = True
        # Ray has signalled the driver already, and a second signal would end it at once.
        if self._driver is not None and RAY_JOB not in os.environ:
            self._driver.send_signal(number)

    def run(self, words: list[str]) -> int:
        """Run the driver once and return its exit status, negative for a signal."""
        self._driver = subprocess.Popen([sys.executable, "-m", "tools.cli", *words])
        return self._driver.wait()

    def wait(self, seconds: float) -> None:
        """Wait, until somebody asks for an end."""
        deadline = time.monotonic() + seconds
        while not self.stopping and time.monotonic() < deadline:
            time.sleep(0.2)


def kept(words: list[str], restarts: int) -> int:
    """Run a driver to its end, start it again where it died, and return the exit status of the last.

    Args:
      words: words of the command `factory`.
      restarts: how often it is started again at most.
    """
    keeper = Keeper()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, keeper)
    for restart in range(1, restarts + 2):
        status = keeper.run(words)
        if not begins_again(status, restarts + 1 - restart, stopping=keeper.stopping):
            break
        by = f"signal {-status}" if status < 0 else f"exit status {status}"
        print(
            f"keep_driver: the driver died by {by}; restart {restart} of {restarts} in {pause_s(restart):.0f} s",
            file=sys.stderr,
            flush=True,
        )
        keeper.wait(pause_s(restart))
        if keeper.stopping:
            return 130
    return status if status >= 0 else 128 - status


def main() -> int:
    """Read the command line and keep a driver."""
    parser = argparse.ArgumentParser(description="Run a factory command, and again when it dies.")
    parser.add_argument("--restarts", type=int, default=0, help="how often a driver that died is started again")
    parser.add_argument("words", nargs="+", help="words of the command factory, behind --")
    arguments = parser.parse_args()
    lack = what_lacks(sys.version_info[:2])
    if lack is not None:
        print(f"factory: {lack}", file=sys.stderr)
        return 2
    return kept(arguments.words, arguments.restarts)


if __name__ == "__main__":
    raise SystemExit(main())
