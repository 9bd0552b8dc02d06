"""State of a run's driver as its folder tells it, from any machine, and the wait for its end.

A driver on this machine is looked up in the process table. One elsewhere is alive while its heartbeat is young; as the
clocks of two machines may differ, one that looks old is watched for a while before it is called silent.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from factory.errors import BadInput
from factory.storage.store import Store
from factory.text.durations import clock
from factory.text.safe_text import safe
from pipelines.run.attempts import BEAT_S, SILENT_S, claim_name, heartbeat, last_attempt
from pipelines.run.driver import Driver, ask_to_stop

ALIVE, SILENT, GONE, ENDED = "alive", "silent", "gone", "ended"
# Facts of claims that no run has made: `factory stop` cannot end these commands.
_NO_RUNS = {"merges": "factory merge", "imports": "factory import"}
# Seconds between two looks at a driver whose end is waited for.
LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class DriverState:
    """State of the driver of a folder's last attempt.

    Attributes:
      attempt: number of the attempt.
      log: what the attempt's log says: "host", "pid", "started", "ended", "ended_by", "job", …
      kind: ALIVE; SILENT, no heartbeat for long; GONE, its process has died without a word; or ENDED.
      silent_s: seconds since the last heartbeat, by the clock of the driver's machine where `kind` is ALIVE; None
        where there was none.
    """

    attempt: int
    log: Mapping[str, Any]
    kind: str
    silent_s: float | None = None

    @property
    def job(self) -> Mapping[str, str] | None:
        """Ray job that the driver runs in, as "address" and "id"; None for one that was started by hand."""
        job = self.log.get("job")
        known = isinstance(job, dict) and all(isinstance(job.get(name), str) for name in ("address", "id"))
        return job if known else None


def driver_state(store: Store, watch_s: float = 2 * BEAT_S) -> DriverState | None:
    """Return the state of the driver of the last attempt; None in a folder that had none.

    Args:
      store: the run folder.
      watch_s: seconds that a driver on another machine is watched for, where its last heartbeat looks old.

    Raises:
      BadInput: the attempt's log is damaged.
    """
    last = last_attempt(store)
    if last is None:
        return None
    number, log = last
    driver = Driver.of(log)
    if "ended" in log or driver is None:
        return DriverState(number, log, ENDED)

    # On this machine its process says whether it lives. Elsewhere, a young heartbeat does.
    first = heartbeat(store, number)
    age = time.time() - first["at"] if "at" in first else None
    here = driver.runs_here
    if here is not None:
        return DriverState(number, log, ALIVE if here else GONE, age)
    if age is not None and -BEAT_S < age < SILENT_S:
        return DriverState(number, log, ALIVE, age)

    # It is dead, or its clock is another: watch it.
    deadline = time.monotonic() + watch_s
    while time.monotonic() < deadline:
        time.sleep(watch_s / 10)
        if heartbeat(store, number) != first:
            return DriverState(number, log, ALIVE, 0.0)
    # It may have ended meanwhile.
    if "ended" in (now := _log_of(store, number) or {}):
        return DriverState(number, now, ENDED)
    return DriverState(number, log, SILENT, age)


def driver_lines(state: DriverState) -> list[str]:
    """Return what `factory status` says of a driver: how it is, where, and which job it is of."""
    log = state.log
    where = f"attempt {state.attempt}, process {log.get('pid', '?')} on {safe(str(log.get('host', '?')))}"
    since = f"since {safe(str(log.get('started', '?')))}"
    if state.kind == ENDED:
        ended_by = log.get("ended_by", "end")
        said = f"ended {safe(str(log.get('ended', 'long ago')))}{f' by {safe(str(ended_by))}' * (ended_by != 'end')}"
    elif state.kind == GONE:
        said = "gone without a word: killed, or its machine gave out"
    elif state.kind == SILENT:
        # Clocks of two machines may differ by more than the driver is silent.
        known = state.silent_s is not None and state.silent_s > SILENT_S
        said = f"silent for {clock(state.silent_s or 0.0)}, by its clock" if known else "silent"
    else:
        said = "alive"
        if state.silent_s is not None and state.silent_s > 2 * BEAT_S:
            said += f", last heard of {clock(state.silent_s)} ago"
    lines = [f"driver         {said}: {where}, {since}"]
    if state.job is not None:
        lines.append(f"job            {safe(state.job['id'])} at {safe(state.job['address'])}")
    return lines


def asked_state(store: Store, run_dir: str, *, now: bool) -> DriverState:
    """Ask the driver of a folder to end, and return the state it was in before.

    Nobody is asked where the last driver has ended or is gone. One that is silent is: it may only sleep.

    Args:
      store: the run folder.
      run_dir: the folder as the user named it.
      now: True ends it at once, as a second Ctrl-C does; else what is in flight is done first.

    Raises:
      BadInput: the folder has had no driver, or a command writes it that does not look for such a wish.
    """
    state = driver_state(store)
    if state is None:
        raise BadInput(f"{run_dir} has had no driver: it holds no {claim_name(1)}. Expected the folder of a run.")
    if state.kind in (ALIVE, SILENT):
        for fact, command in _NO_RUNS.items():
            if fact in state.log:
                raise BadInput(
                    f"{run_dir} is being written by `{command}`, which Ctrl-C ends; `factory stop` ends runs."
                )
        ask_to_stop(store, state.attempt, now=now)
    return state


def wait_for_the_end(store: Store, state: DriverState, limit_s: float) -> DriverState:
    """Return the state of a driver once it has ended, or its heartbeat has.

    Args:
      store: the run folder.
      state: the driver, alive.
      limit_s: seconds to wait.

    Raises:
      BadInput: it is alive after `limit_s`.
    """
    deadline = time.monotonic() + limit_s
    heard, beat = time.monotonic(), heartbeat(store, state.attempt)
    while time.monotonic() < deadline:
        log = _log_of(store, state.attempt) or state.log
        if "ended" in log:
            return DriverState(state.attempt, log, ENDED)
        driver = Driver.of(dict(log))
        if driver is not None and driver.runs_here is False:
            # It may have written its last word between the two looks.
            log = _log_of(store, state.attempt) or log
            return DriverState(state.attempt, log, ENDED if "ended" in log else GONE)
        newest = heartbeat(store, state.attempt)
        if newest != beat:
            heard, beat = time.monotonic(), newest
        if time.monotonic() - heard > SILENT_S:
            return DriverState(state.attempt, log, SILENT, time.monotonic() - heard)
        time.sleep(LOOK_S)
    raise BadInput(
        f"the driver of {store.url} has not ended within {clock(limit_s)}. It still beats; wait longer, or end it at "
        "once with --now."
    )


def _log_of(store: Store, number: int) -> Mapping[str, Any] | None:
    """Return what an attempt's log says by now; None where it cannot be read."""
    try:
        log = json.loads(store.read(claim_name(number)))
    except (FileNotFoundError, ValueError):
        return None
    return log if isinstance(log, dict) else None
