"""Progress of an attempt in its log, `logs/attempt_N/progress.json`, for whoever looks at the folder meanwhile.

    {"at": 1796068800.0, "seconds": 61.5, "questions": 320, "units": 40, "committed": 0, "least": 8, "before": {…},
     "done": {…}, "underway": {…}, "units_done": 12, "unfinished": 48, "in_flight": 6, …}

It holds all that a display in the driver's process shows, so that a look from anywhere costs one read, however long the
run is. It is news, no record: what cannot be written or read is left out.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from factory.errors import StorageFailed
from factory.records.role_costs import AMOUNTS, WHO
from factory.records.tally import NUMBERS, Tally
from factory.storage.store import Store
from pipelines.driving.engine_log import WRITE_EVERY_S, EngineLog
from pipelines.driving.progress import Progress
from pipelines.logging.logged_values import is_count, is_number

# Seconds between two writes at the beginning of a run; later there are `WRITE_EVERY_S`.
FIRST_S = 1.0
# Characters of an error that are kept.
_TROUBLE = 500
_TALLIES = ("before", "done", "underway")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptPlan:
    """Work that lies before an attempt.

    * `questions`: questions of the units that are to be done; `least`: rollouts that each takes at least, 0 if unknown.
    * `units`: all units of the run; `committed`: those that earlier attempts have committed and that stay.
    * `before`: counts of what was committed before the attempt.
    """

    questions: int
    units: int
    committed: int
    least: int = 0
    before: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveProgress(AttemptPlan):
    """State of an attempt as its driver last wrote it: the fields of `Progress`, and its plan.

    * `at`: when, by the clock of the driver's machine, in seconds since 1970. `running`: samples that engines computed.
    * `units_done`: units committed by this attempt.
    """

    at: float
    seconds: float
    done: Tally
    underway: Tally
    units_done: int
    unfinished: int
    in_flight: int
    running: int = 0
    retried: int = 0
    moved: int = 0
    short: int = 0
    stopping: bool = False
    trouble: str = ""
    failures: Mapping[str, int] = field(default_factory=dict)

    @property
    def finished(self) -> int:
        """Questions that this attempt has finished, committed or not."""
        return self.done.questions + self.underway.questions

    @property
    def total(self) -> Tally:
        """Counts of all attempts, with what is not committed yet."""
        total = Tally()
        for part in (self.before, self.done, self.underway):
            total.add(part)
        return total


class ProgressLog:
    """Writer of the progress of one attempt, and of its engines' figures.

    Args:
      store: the run folder, one that does not wait long for its storage.
      attempt: number of the attempt.
      plan: the attempt's work.
      engines: writer of the engines' figures.
      clock: monotonic seconds.
    """

    def __init__(
        self,
        store: Store,
        attempt: int,
        plan: AttemptPlan,
        engines: EngineLog,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._name = progress_name(attempt)
        self._plan = asdict(plan)
        self._engines = engines
        self._clock = clock
        self._written = float("-inf")

    def keep(self, progress: Progress) -> None:
        """Write the state, if the last time was a while ago."""
        self._engines.keep(progress.engines, progress.gone)
        # A short run is looked at more often than a long one.
        if self._clock() - self._written > min(WRITE_EVERY_S, FIRST_S + progress.seconds / 10):
            self._write(progress)

    def end(self, progress: Progress) -> None:
        """Write the last state."""
        self._engines.write(progress.engines, progress.gone)
        self._write(progress)

    def _write(self, progress: Progress) -> None:
        """Write the state; a storage that does not answer gets none."""
        self._written = self._clock()
        values = {
            **self._plan,
            "at": round(time.time(), 1),
            "seconds": round(progress.seconds, 3),
            "done": progress.done.as_dict(),
            "underway": progress.underway.as_dict(),
            "units_done": progress.units,
            "running": sum(engine.running for engine in progress.engines),
            "trouble": progress.trouble[:_TROUBLE],
            "failures": dict(progress.failures),
            **{name: getattr(progress, name) for name in _AS_THEY_ARE},
        }
        with suppress(StorageFailed):
            self._store.replace(self._name, (json.dumps(values) + "\n").encode())


_AS_THEY_ARE = ("unfinished", "in_flight", "retried", "moved", "short", "stopping")


def progress_name(attempt: int) -> str:
    """Return the name of the object."""
    return f"logs/attempt_{attempt}/progress.json"


def read_progress(store: Store, attempt: int) -> LiveProgress | None:
    """Return the state of an attempt; None where it wrote none, as those of older versions, or none that can be read.

    Raises `StorageFailed` where the store does not answer.
    """
    known = {part.name for part in fields(LiveProgress)}
    counted = {*NUMBERS, "roles"}
    try:
        values: dict[str, Any] = json.loads(store.read(progress_name(attempt)))
        tallies = {
            name: Tally(**{key: value for key, value in values[name].items() if key in counted}) for name in _TALLIES
        }
        kept = {name: value for name, value in values.items() if name in known}
        live = LiveProgress(**{**kept, **tallies})
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return live if _is_whole(live) else None


def _is_whole(live: LiveProgress) -> bool:
    """Return whether each field holds what it should: somebody may have overwritten the object by hand."""
    counts = (getattr(live, name) for name in _COUNTS)
    tallies = (live.before, live.done, live.underway)
    return (
        all(is_count(count) for count in counts)
        and all(is_number(number) for number in (live.at, live.seconds))
        and isinstance(live.stopping, bool)
        and isinstance(live.trouble, str)
        and isinstance(live.failures, dict)
        and all(is_count(count) for count in live.failures.values())
        and all(is_number(getattr(tally, name)) for tally in tallies for name in NUMBERS)
        and all(isinstance(tally.roles, list) and all(map(_is_entry, tally.roles)) for tally in tallies)
    )


_COUNTS = (
    *("questions", "units", "committed", "least", "units_done", "unfinished", "in_flight"),
    *("running", "retried", "moved", "short"),
)


def _is_entry(entry: object) -> bool:
    """Return whether it is the cost of one role and the model behind it."""
    return (
        isinstance(entry, dict)
        and all(isinstance(entry.get(name), str | None) for name in WHO)
        and all(is_number(entry.get(name)) for name in AMOUNTS)
    )
