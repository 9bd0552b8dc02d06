"""Attempts: one live driver per run folder, fenced by an exclusive create and a heartbeat.

    logs/attempt_N/attempt.json    who drives; creating it is the claim, so the highest N owns the folder
    logs/attempt_N/heartbeat.json  a number that moves while the driver lives

No clock is compared with another machine's: a driver is alive when its number moves while one watches. Of a driver on
this machine the process table tells at once. A driver that slept through its own burial (a paused machine) sees the
higher claim at its next beat and stops; what its actors commit until then are units of the same run.
"""

from __future__ import annotations

import json
import os
import platform
import re
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from cluster.session_guard import living_since
from factory.errors import BadInput, FactoryError, StorageFailed
from factory.interfaces import Say
from factory.storage.access import Access
from factory.storage.exclusive import check_exclusive
from factory.storage.opening import open_store
from factory.storage.store import Store

BEAT_S = 5.0
PARTING_S = 30.0  # for the last word
SILENT_S = 30.0  # without a beat, a driver is taken for dead
_CLAIM = re.compile(r"logs/attempt_(\d+)/attempt\.json")


@dataclass(frozen=True)
class Driver:
    """A driver process. `machine` names its boot and its container, as process ids mean nothing elsewhere."""

    host: str
    machine: str
    pid: int
    started: str

    @property
    def runs_here(self) -> bool | None:
        """Whether the process lives; None where this machine cannot tell."""
        if self.machine != _machine():
            return None
        return living_since(self.pid) == self.started


class Attempt:
    """This driver's claim on a folder. What is put into `log` is written at the end."""

    def __init__(self, store: Store, number: int, log: dict[str, Any], access: Access, say: Say) -> None:
        self.number = number
        self.log = log
        self._store = store
        self._fenced = False
        self._ended = threading.Event()
        self._say = say
        # One beat must not wait for the last one.
        brief = replace(access, timeout_s=min(access.timeout_s, 2 * BEAT_S), patience_s=BEAT_S)
        self._heart_store = open_store(store.url, brief, lambda line: None)
        self._parting = replace(access, patience_s=min(access.patience_s, PARTING_S))
        self._heart = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def check(self) -> None:
        """Raises `FactoryError` when another driver has taken over."""
        if self._fenced:
            raise FactoryError(
                f"another driver has taken over {self._store.url} (attempt {self.number + 1}), as this one had been "
                "silent for too long. This one stops; nothing committed is lost."
            )
        if not self._heart.is_alive():
            raise RuntimeError("the heartbeat thread has died; other drivers would take this one for dead")

    def begin(self) -> None:
        self._heart.start()

    def end(self, how: str) -> None:
        """Give the folder free, unless it is another's by now."""
        self._ended.set()
        self._heart.join(timeout=4 * BEAT_S)
        if not self._fenced:
            self.log |= {"ended": _now(), "ended_by": how}
            open_store(self._store.url, self._parting, lambda line: None).replace(
                claim_name(self.number), _encoded(self.log)
            )

    def _tell(self, line: str) -> None:
        with suppress(OSError, ValueError):  # nobody listens any more; the heart goes on
            self._say(line)

    def _beat(self) -> None:
        beats, silent_since = 0, None
        while True:
            try:
                beats += 1
                self._heart_store.replace(_heartbeat_name(self.number), _encoded({"beat": beats}))
                self._fenced = self._heart_store.size(claim_name(self.number + 1)) is not None
                if silent_since is not None:
                    self._tell(f"{self._store.url} answers again, after {time.monotonic() - silent_since:.0f} s")
                silent_since = None
            except StorageFailed as error:
                if silent_since is None:
                    self._tell(f"the run waits for its storage: {error}")
                silent_since = silent_since or time.monotonic()
            if self._fenced or self._ended.wait(BEAT_S):
                return


@contextmanager
def attempt(
    store: Store, after: int, facts: dict[str, Any], access: Access, say: Say = lambda line: None
) -> Iterator[Attempt]:
    """Own the folder for the block. `after` is what `last_over` said, `facts` go into the attempt's log.

    Raises `BadInput` when another driver came first.
    """
    this = _this_process()
    number = after + 1
    log = {
        "started": _now(),
        "host": this.host,
        "machine": this.machine,
        "pid": this.pid,
        "pid_started": this.started,
        "claim": uuid.uuid4().hex,  # so that no two claims are the same bytes
        "python": platform.python_version(),
        "factory": version("selfplay-factory"),
        **facts,
    }
    if not store.create(claim_name(number), _encoded(log)):
        raise BadInput(
            f"another driver has just begun attempt {number} in {store.url}. Expected one at a time; wait for its end."
        )
    check_exclusive(store, claim_name(number))
    mine = Attempt(store, number, log, access, say)
    mine.begin()
    ended_by = "end"
    try:
        yield mine
    except BaseException as error:
        ended_by = type(error).__name__
        raise
    finally:
        with suppress(StorageFailed):  # the storage may be what ended it
            mine.end(ended_by)


def last_over(store: Store, say: Say = lambda line: None) -> int:
    """The number of the last attempt, 0 before the first, once it is sure to be over. Raises `BadInput` while its
    driver lives."""
    before = last_attempt(store)
    if before is None:
        return 0
    _wait_for_the_end_of(store, *before, say)
    return before[0]


def last_attempt(store: Store) -> tuple[int, dict[str, Any]] | None:
    """(number, log) of the newest attempt, None before the first."""
    numbers = [int(found[1]) for entry in store.entries("logs") if (found := _CLAIM.fullmatch(entry.name))]
    if not numbers:
        return None
    try:
        log = json.loads(store.read(claim_name(max(numbers))))
    except ValueError:
        raise BadInput(
            f"{claim_name(max(numbers))} in {store.url} is no JSON. Expected what a driver wrote; remove it."
        ) from None
    return max(numbers), log


def attempts_in(store: Store) -> Iterator[tuple[dict[str, Any], int]]:
    """(log, how often its heart has beaten) of every attempt so far."""
    for entry in store.entries("logs"):
        found = _CLAIM.fullmatch(entry.name)
        if found:
            beat = _heartbeat(store, int(found[1]))
            yield json.loads(store.read(entry.name)), json.loads(beat)["beat"] if beat else 0


def claim_name(number: int) -> str:
    return f"logs/attempt_{number}/attempt.json"


def _heartbeat_name(number: int) -> str:
    return f"logs/attempt_{number}/heartbeat.json"


def _wait_for_the_end_of(store: Store, number: int, log: dict[str, Any], say: Say) -> None:
    """Return when attempt `number` has ended or its driver is dead. Raises `BadInput` when that one lives."""
    if "ended" in log or "machine" not in log:  # the latter of an older version, which had no heartbeat
        return
    driver = Driver(log["host"], log["machine"], log["pid"], log["pid_started"])
    here = driver.runs_here
    if here is False:
        return
    if here is None:
        say(f"attempt {number} on {driver.host} has no end; watching its heartbeat for {SILENT_S:.0f} s")
        first = _heartbeat(store, number)
        deadline = time.monotonic() + SILENT_S
        while time.monotonic() < deadline:
            time.sleep(BEAT_S / 5)
            if _heartbeat(store, number) != first:
                break
        else:
            return
        if "ended" in json.loads(store.read(claim_name(number))):
            return
    raise BadInput(
        f"{store.url} is being written by process {driver.pid} on {driver.host} (attempt {number}, since "
        f"{log['started']}). Expected one driver at a time; wait for it, or stop it with Ctrl-C."
    )


def _heartbeat(store: Store, number: int) -> bytes | None:
    try:
        return store.read(_heartbeat_name(number))
    except FileNotFoundError:
        return None


def _this_process() -> Driver:
    return Driver(platform.node(), _machine(), os.getpid(), living_since(os.getpid()))


def _machine() -> str:
    """This boot of this machine, and this container of it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return f"{platform.node()} {os.uname().version}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _encoded(value: object) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
