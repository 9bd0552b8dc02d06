"""Driver process of an attempt, and what others ask of it through the run folder.

    logs/attempt_N/stop.json    {"now": false}: asks the driver of attempt N to end; it looks with each heartbeat

An object can be written from anywhere the folder can be reached: another process, another machine, S3. It belongs to
one attempt, so that the next one is not asked.
"""

from __future__ import annotations

import json
import os
import platform
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factory.processes import living_since
from factory.storage.store import Store

JOB_VARIABLE = "FACTORY_JOB"
"""Environment variable that tells a driver which Ray job it is of, as JSON: "address" and "id"."""


@dataclass(frozen=True)
class Driver:
    """Driver process, as its claim names it.

    Attributes:
      host: name of the machine, for messages.
      machine: boot of the machine and its container, as process ids mean nothing elsewhere.
      pid: process id.
      started: start of the process in ticks since boot, as ids are used again.
    """

    host: str
    machine: str
    pid: int
    started: str

    @classmethod
    def of(cls, log: dict[str, Any]) -> Driver | None:
        """Return the driver that an attempt's log names; None in one by older versions, which named no machine."""
        if not {"host", "machine", "pid", "pid_started"} <= log.keys():
            return None
        return cls(log["host"], log["machine"], log["pid"], log["pid_started"])

    @property
    def runs_here(self) -> bool | None:
        """True while the process lives, False once it is gone, None where this machine cannot tell."""
        if self.machine != this_machine():
            return None
        return living_since(self.pid) == self.started


def this_process() -> Driver:
    """Return this process as a driver."""
    return Driver(platform.node(), this_machine(), os.getpid(), living_since(os.getpid()))


def this_machine() -> str:
    """Return a name of this boot of this machine, and of this container on it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return f"{platform.node()} {os.uname().version}"


def this_job() -> dict[str, str] | None:
    """Return the job that this process is the driver of: "address" and "id"; None where it is of none."""
    with suppress(ValueError):
        said = json.loads(os.environ.get(JOB_VARIABLE, ""))
        if isinstance(said, dict) and {"address", "id"} <= said.keys():
            return {"address": str(said["address"]), "id": str(said["id"])}
    return None


def ask_to_stop(store: Store, attempt: int, *, now: bool) -> None:
    """Ask the driver of an attempt to end, as Ctrl-C does; with `now`, as a second one does."""
    store.replace(_stop_name(attempt), (json.dumps({"now": now}) + "\n").encode())


def asked_to_stop(store: Store, attempt: int) -> int:
    """Return what the driver of an attempt is asked: 0 to go on, 1 to end, 2 to end at once."""
    # Most looks see nothing, and cost one call.
    if store.size(_stop_name(attempt)) is None:
        return 0
    try:
        asked = json.loads(store.read(_stop_name(attempt)))
    except FileNotFoundError:
        return 0
    except ValueError:
        # Whatever somebody has put there by hand, they want an end.
        return 1
    return 2 if isinstance(asked, dict) and asked.get("now") is True else 1


def _stop_name(attempt: int) -> str:
    return f"logs/attempt_{attempt}/stop.json"
