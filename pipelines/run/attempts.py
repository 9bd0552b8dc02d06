"""Attempts on a run folder: one live driver at a time, fenced by an exclusive create and a heartbeat.

    logs/attempt_N/attempt.json    who drives; creating it is the claim, so the highest N owns the folder
    logs/attempt_N/heartbeat.json  a number that moves while the driver lives, and when its machine's clock said that
    logs/attempt_N/stop.json       asks it to end (`driver.py`)

Invariants:

* Clocks of two machines are never compared. A driver is alive when its number moves while one watches; of a driver on
  this machine the process table tells at once.
* A driver that was suspended past its lease (a paused machine) sees the higher claim at its next beat and stops. What
  its actors commit until then are units of the same run.
"""

from __future__ import annotations

import json
import platform
import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from factory.errors import BadInput, FactoryError, StorageFailed
from factory.interfaces import Say
from factory.storage.access import Access
from factory.storage.exclusive import check_exclusive
from factory.storage.opening import open_store
from factory.storage.store import Store
from pipelines.logging.logged_values import is_number
from pipelines.run.driver import Driver, asked_to_stop, this_process

OnStop = Callable[[bool], None]
"""Hears, on the heartbeat's thread, that somebody wants an end; True wants it at once."""

# Seconds between two heartbeats.
BEAT_S = 5.0
# Seconds that writing the end of an attempt may take.
PARTING_S = 30.0
# Seconds without a heartbeat, after which a driver is taken for dead.
SILENT_S = 30.0
# Facts of a claim that say who the driver is; those of older versions lack some.
_WHO: dict[str, type] = {"host": str, "machine": str, "pid": int, "pid_started": str}
_CLAIM = re.compile(r"logs/attempt_(\d+)/attempt\.json")


class Attempt:
    """Claim of this driver on a folder. Facts that are put into `log` are written at its end."""

    def __init__(
        self, store: Store, number: int, log: dict[str, Any], access: Access, say: Say, on_stop: OnStop | None = None
    ) -> None:
        self.number = number
        self.log = log
        self._store = store
        self._on_stop = on_stop
        self._asked = 0
        self._fenced = False
        self._ended = threading.Event()
        self._say = say
        # A beat must not wait for the one before, so the heart has a store of little patience.
        brief = replace(access, timeout_s=min(access.timeout_s, 2 * BEAT_S), patience_s=BEAT_S)
        self._heart_store = open_store(store.url, brief, lambda line: None)
        self._parting = replace(access, patience_s=min(access.patience_s, PARTING_S))
        self._heart = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def check(self) -> None:
        """Raise `FactoryError` when another driver has taken the folder over."""
        if self._fenced:
            raise FactoryError(
                f"another driver has taken over {self._store.url} (attempt {self.number + 1}), as this one had been "
                "silent for too long. This one stops; nothing committed is lost."
            )
        if not self._heart.is_alive():
            raise RuntimeError("the heartbeat thread has died; other drivers would take this one for dead")

    @property
    def fenced(self) -> bool:
        """True once another driver has taken the folder over."""
        return self._fenced

    def begin(self) -> None:
        """Start the heartbeat."""
        self._heart.start()

    def end(self, how: str) -> None:
        """Stop the heartbeat and release the folder, unless it is another's by now. `how` names what ended it."""
        self._ended.set()
        self._heart.join(timeout=4 * BEAT_S)
        if not self._fenced:
            self.log |= {"ended": _now(), "ended_by": how}
            open_store(self._store.url, self._parting, lambda line: None).replace(
                claim_name(self.number), _encoded(self.log)
            )

    def _look_for_a_stop(self) -> None:
        """Pass on what somebody has asked through the folder, each thing once."""
        if self._on_stop is None:
            return
        asked = asked_to_stop(self._heart_store, self.number)
        if asked > self._asked:
            self._asked = asked
            self._tell(f"somebody asked for an end{' at once' * (asked > 1)}, by `factory stop`")
            self._on_stop(asked > 1)

    def _tell(self, line: str) -> None:
        # A closed terminal must not stop the heart.
        with suppress(OSError, ValueError):
            self._say(line)

    def _beat(self) -> None:
        """Move the number and look for a higher claim, until the attempt ends or another driver has the folder."""
        beats, silent_since = 0, None
        while True:
            try:
                beats += 1
                beat = {"beat": beats, "at": round(time.time(), 1)}
                self._heart_store.replace(_heartbeat_name(self.number), _encoded(beat))
                self._fenced = self._heart_store.size(claim_name(self.number + 1)) is not None
                self._look_for_a_stop()
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
    store: Store,
    after: int,
    facts: dict[str, Any],
    access: Access,
    say: Say = lambda line: None,
    on_stop: OnStop | None = None,
) -> Iterator[Attempt]:
    """Own the folder for the block.

    Args:
      store: the folder.
      after: number of the last attempt, as `last_over` returned it.
      facts: facts about the run that go into the attempt's log.
      access: how the store was opened; the heartbeat opens it again, with less patience.
      say: hears when the storage does not answer, and when it does again.
      on_stop: hears when somebody asks for an end through the folder; None looks for no such thing.

    Yields:
      The claim.

    Raises:
      BadInput: another driver came first.
    """
    # Claim the folder: of two drivers that create the same name, one wins.
    this = this_process()
    number = after + 1
    log = {
        "started": _now(),
        "host": this.host,
        "machine": this.machine,
        "pid": this.pid,
        "pid_started": this.started,
        # With it no two claims are the same bytes, so that a driver can tell its own from another's.
        "claim": uuid.uuid4().hex,
        "python": platform.python_version(),
        "factory": version("selfplay-factory"),
        **facts,
    }
    if not store.create(claim_name(number), _encoded(log)):
        raise BadInput(
            f"another driver has just begun attempt {number} in {store.url}. Expected one at a time; wait for its end."
        )
    check_exclusive(store, claim_name(number))

    # Keep it alive for the block, and release it whatever ended that.
    mine = Attempt(store, number, log, access, say, on_stop)
    mine.begin()
    ended_by = "end"
    try:
        yield mine
    except BaseException as error:
        ended_by = type(error).__name__
        raise
    finally:
        # The storage may be what ended it; the next driver then waits for the silence of the heart.
        with suppress(StorageFailed):
            mine.end(ended_by)


def last_over(store: Store, say: Say = lambda line: None) -> int:
    """Return the number of the last attempt once it is sure to be over; 0 before the first.

    Raises `BadInput` while its driver lives.
    """
    before = last_attempt(store)
    if before is None:
        return 0
    _wait_for_the_end_of(store, *before, say)
    return before[0]


def last_attempt(store: Store) -> tuple[int, dict[str, Any]] | None:
    """Return (number, log) of the newest attempt; None before the first. Raises `BadInput` for a damaged log."""
    numbers = [int(match[1]) for entry in store.entries("logs") if (match := _CLAIM.fullmatch(entry.name))]
    if not numbers:
        return None
    return max(numbers), claim_in(store, max(numbers))


def claim_in(store: Store, number: int) -> dict[str, Any]:
    """Return the log of an attempt. Raises `BadInput` for a damaged one, and `FileNotFoundError`."""
    try:
        log = json.loads(store.read(claim_name(number)))
    except ValueError:
        log = None
    if not isinstance(log, dict) or not all(isinstance(log.get(name, kind()), kind) for name, kind in _WHO.items()):
        raise BadInput(f"{claim_name(number)} in {store.url} is damaged. Expected what a driver wrote; remove it.")
    return log


def attempts_in(store: Store) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield (log, number of heartbeats) of every attempt so far."""
    for entry in store.entries("logs"):
        match = _CLAIM.fullmatch(entry.name)
        if match:
            yield claim_in(store, int(match[1])), heartbeat(store, int(match[1])).get("beat", 0)


def heartbeat(store: Store, number: int) -> dict[str, Any]:
    """Return the last heartbeat of an attempt: "beat", how many there were, and "at", when; nothing before the first.

    "at" is by the clock of the driver's machine, in seconds since 1970, and missing in those of older versions. A
    damaged one says nothing.
    """
    with suppress(FileNotFoundError, ValueError):
        beat = json.loads(store.read(_heartbeat_name(number)))
        if isinstance(beat, dict):
            return {name: beat[name] for name in ("beat", "at") if is_number(beat.get(name))}
    return {}


def driver_hours(store: Store) -> float:
    """Return the hours in which a driver was alive, by its heartbeats, over all attempts."""
    return sum(beats for _, beats in attempts_in(store)) * BEAT_S / 3600


def claim_name(number: int) -> str:
    """Return the name of the object whose creation claims the folder."""
    return f"logs/attempt_{number}/attempt.json"


def _heartbeat_name(number: int) -> str:
    return f"logs/attempt_{number}/heartbeat.json"


def _wait_for_the_end_of(store: Store, number: int, log: dict[str, Any], say: Say) -> None:
    """Wait until attempt `number` has ended or its driver is dead. Raises `BadInput` when that one lives."""
    # Older versions wrote no machine and had no heartbeat.
    driver = Driver.of(log)
    if "ended" in log or driver is None:
        return
    here = driver.runs_here
    if here is False:
        return
    # A driver on another machine is watched: its heart moves, or it is dead.
    if here is None:
        say(f"attempt {number} on {driver.host} has no end; watching its heartbeat for {SILENT_S:.0f} s")
        first = heartbeat(store, number)
        deadline = time.monotonic() + SILENT_S
        while time.monotonic() < deadline:
            time.sleep(BEAT_S / 5)
            if heartbeat(store, number) != first:
                break
        else:
            return
        if "ended" in json.loads(store.read(claim_name(number))):
            return
    raise BadInput(
        f"{store.url} is being written by process {driver.pid} on {driver.host} (attempt {number}, since "
        f"{log['started']}). Expected one driver at a time; wait for it, or stop it: factory stop {store.url}"
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _encoded(value: object) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()
