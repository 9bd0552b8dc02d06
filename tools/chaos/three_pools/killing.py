"""Kill of the scorer's process while the run goes on, and the wait for the one that Ray starts in its place."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from cluster import session_guard
from factory.errors import FactoryError
from factory.processes import named_descendants
from factory.shards.commits import shards
from factory.storage.opening import open_store
from tools.chaos.processes import RunProcess, family

MARK = "THREE_POOLS_ROLE"
"""Variable in the environment of the scorer's process, by which it is told from the other engines."""
_LOOK_EVERY_S = 0.25


@dataclass
class Death:
    """Kill of one process.

    Attributes:
      pid: the process; 0 where none was killed.
      units: units committed by then.
      successor: process in its place; 0 where there was none before the end of the run.
      back_s: seconds until that one was there.
    """

    pid: int = 0
    units: int = 0
    successor: int = 0
    back_s: float = 0.0


def scorers(role: str) -> list[RunProcess]:
    """Return the processes below this one that are the engine actor of `role`, which has `MARK` in its environment."""
    return [process for process in family() if process.title.startswith("ray::Generator") and _plays(process, role)]


def _plays(process: RunProcess, role: str) -> bool:
    try:
        variables = Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0")
    except OSError:
        # It has ended since.
        return False
    return f"{MARK}={role}".encode() in variables


def killed_in_the_middle(driver: Popen[bytes], folder: Path, role: str, after: int, limit_s: float) -> Death:
    """Wait for the end of a run, and kill the scorer of `role` once (SIGKILL) on the way.

    Args:
      driver: process of the run.
      folder: run folder.
      role: role of the scorer.
      after: committed units after which it is killed.
      limit_s: seconds that the run may take.

    Returns:
      What became of it.

    Raises:
      FactoryError: the run took longer.
    """
    death, victim = Death(), ""
    began = struck = time.monotonic()
    # A driver that outlives this process would go on unseen.
    mine = {name for name in named_descendants(os.getpid()) if name.startswith(f"{driver.pid}:")}
    with session_guard.guarded(mine):
        while driver.poll() is None:
            if time.monotonic() - began > limit_s:
                raise FactoryError(f"the run took more than {limit_s:.0f} s; expected its end by then (--limit)")
            if not victim:
                units = _committed(folder)
                if units >= after and (there := scorers(role)):
                    victim, struck = there[0].name, time.monotonic()
                    death.pid, death.units = there[0].pid, units
                    session_guard.kill({victim})
            elif not death.successor and (later := [one for one in scorers(role) if one.name != victim]):
                death.successor, death.back_s = later[0].pid, round(time.monotonic() - struck, 1)
            time.sleep(_LOOK_EVERY_S)
    return death


def _committed(folder: Path) -> int:
    return len(shards(open_store(folder))) if folder.is_dir() else 0
