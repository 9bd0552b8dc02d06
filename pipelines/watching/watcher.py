"""Watcher of a run folder: looks that cost a few small reads each, however long the run is, and that never raise.

A driver that is alive writes all its counts into one object (`pipelines/driving/progress_log.py`). Records are counted
as `factory status` counts them only where nobody writes that: once for each driver that has gone, and once more some
time later, as its actors may still have committed something.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from factory.errors import BadInput, FactoryError
from factory.records.tally import NUMBERS, Tally
from factory.storage.store import Store
from pipelines.driving.engine_log import engine_values
from pipelines.driving.progress_log import LiveProgress, read_progress
from pipelines.measures.gpu_time import gpu_hours_in, gpu_hours_of
from pipelines.rounds.folders import folder_of
from pipelines.run.driver_state import ALIVE
from pipelines.run.run_folder import opened, store_of, survey_of
from pipelines.run.settings import Settings
from pipelines.watching.heart import Heart
from pipelines.watching.log_tail import LogTail
from pipelines.watching.look import Look, Pace, engines_in

# A store that is down must not hold up the next look for long.
BRIEF = ("storage.patience_s=5", "storage.timeout_s=10")
# Seconds after which records are counted once more, and after which a pipeline without a mark of its own is asked.
AGAIN_S, PARENT_S = 30.0, 15.0
# Of a driver of an older version, which writes no counts, they take one part in so many of the time.
_SHARE = 20


@dataclass(slots=True)
class _Counted:
    """Figures of the pipeline: of which driver, when, how long counting took, and whether it was done once more."""

    key: Any = None
    at: float = float("-inf")
    took: float = 0.0
    again: bool = False
    figures: dict[str, Any] = field(default_factory=dict)


class Watcher:
    """Watcher of one run, and of the run within it that is under way.

    Args:
      run_dir: the folder.
      overrides: changes to its settings, such as `storage.endpoint_url=…`.
      clock: monotonic seconds.
    """

    def __init__(self, run_dir: str, overrides: tuple[str, ...] = BRIEF, clock: Callable[[], float] = time.monotonic):
        self._run_dir, self._overrides, self._clock = run_dir, overrides, clock
        self._settings: Settings | None = None
        self._last = Look(folder=run_dir)
        self._counted = _Counted()
        self._pace = Pace()
        self._all_questions: int | None = None
        self._part: Watcher | None = None
        self._earlier: tuple[int, dict[str, float]] = (-1, {})

    def open(self) -> None:
        """Read the run's config. Raises `BadInput` where the folder holds none, and `StorageFailed`."""
        self._settings = opened(self._run_dir, self._overrides)
        self._store: Store = store_of(self._settings, lambda line: None)
        self._heart, self._tail = Heart(self._store), LogTail(self._store)

    def look(self) -> Look:
        """Return the state of the run now; where it cannot be read, what was read last, and why."""
        try:
            if self._settings is None:
                self.open()
            self._last = self._look()
        except FactoryError as error:
            self._last = replace(self._last, trouble=" ".join(str(error).split()))
        # Objects that somebody removes, or overwrites by hand, while they are read.
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            why = f"the folder cannot be read just now ({type(error).__name__}: {error})"
            self._last = replace(self._last, trouble=why)
        return self._last

    def _look(self) -> Look:
        assert self._settings is not None
        settings, store = self._settings, self._store
        driver = self._heart.look()
        # A folder of an older version, or one that somebody has taken the logs out of, has no attempt.
        attempt, alive = (driver.attempt, driver.kind == ALIVE) if driver is not None else (0, False)
        self._tail.look(attempt)
        # A driver that is alive says it all; else the records are counted.
        last = read_progress(store, attempt)
        live = last if alive else None
        figures = self._figures(settings, (attempt, driver and driver.kind), alive) if live is None else {}
        part, phase = self._part_of(figures, alive)
        values = engine_values(store, attempt) if part is None else None
        engines, names = engines_in(values)
        spent = dict(part.spent) if part is not None else self._spent(attempt, values)
        counts = live.total if live is not None else _tally_in(figures)
        money = counts.money + settings.cluster.gpu_hour_price * sum(spent.values())
        return Look(
            folder=self._run_dir,
            pipeline=settings.pipeline,
            driver=driver,
            complete=bool(figures.get("complete")),
            phase=phase,
            said=self._tail.said,
            warnings=tuple(self._tail.warnings),
            questions=self._questions(live, figures),
            counts=counts,
            live=live,
            engines=engines,
            engine_names=names,
            spent=spent,
            money=money,
            failures=last.failures if last is not None else {},
            rates=self._pace.hear(live) if live is not None else None,
            part=part,
        )

    def _figures(self, settings: Settings, key: Hashable, alive: bool) -> dict[str, Any]:
        """Return what the pipeline says of the folder, asked again where there may be news.

        Args:
          settings: the run's settings.
          key: which driver, and how it is; another one is news.
          alive: True while a driver works.
        """
        counted, now = self._counted, self._clock()
        late = now - counted.at
        after = counted.figures.get("next") or {}
        if key == counted.key and not alive:
            due = not counted.again and late > AGAIN_S
            counted.again = counted.again or due
        elif key == counted.key and "phase" in after:
            # The end of a phase of several rounds is an object.
            due = self._store.size(f"{folder_of(after['round'])}/{after['phase']}.json") is not None
        else:
            due = key != counted.key or late > max(PARENT_S, _SHARE * counted.took)
        if due:
            if key != counted.key:
                # Whoever has resumed it may have asked for more.
                self._settings = settings = opened(self._run_dir, self._overrides)
            try:
                figures = settings.definition.status_figures(settings, self._store)
            except BadInput:
                # It never got to its first unit.
                figures = {}
            self._counted = _Counted(
                key, self._clock(), self._clock() - now, counted.again and key == counted.key, figures
            )
        return self._counted.figures

    def _part_of(self, figures: dict[str, Any], alive: bool) -> tuple[Look | None, str]:
        """Return a look at the run within this one that is under way, and the phase that it belongs to."""
        after = figures.get("next") or {}
        rounds = figures.get("rounds")
        done = f" ({rounds['done']} of {rounds['all']} rounds done)" if rounds else ""
        phase = f"{folder_of(after['round'])}: {after['phase']}{done}" if "phase" in after else done.strip()
        if not alive:
            return None, phase
        for name in after.get("runs", ()):
            folder = f"{self._run_dir.rstrip('/')}/{name}"
            # Its config is written when it begins.
            if self._store.size(f"{name}/config.yaml") is None:
                continue
            if self._part is None or self._part._run_dir != folder:
                self._part = Watcher(folder, self._overrides, self._clock)
            part = self._part.look()
            if not part.complete:
                return part, phase
        return None, phase

    def _questions(self, live: LiveProgress | None, figures: dict[str, Any]) -> tuple[int, int] | None:
        """Return how many questions are finished, and how many there are; None where nobody has counted them."""
        if live is None:
            counted = figures.get("questions")
            return (counted["done"] + counted["kept"], counted["all"]) if isinstance(counted, dict) else None
        if self._all_questions is None:
            survey = survey_of(self._store)
            self._all_questions = survey.questions if survey is not None else None
        whole = self._all_questions or live.questions
        # Questions that are taken up again are not done until they are done anew.
        return max(0, whole - max(0, live.questions - live.finished)), whole

    def _spent(self, attempt: int, values: Mapping[str, Any] | None) -> dict[str, float]:
        """Return the GPU-hours by role: of earlier attempts as they were counted once, and of this one's figures."""
        now: dict[str, float] = {}
        # Those of older versions do not say how many GPUs an engine has.
        with suppress(ValueError, TypeError, KeyError, AttributeError):
            now = gpu_hours_of(values) if values is not None else {}
        if self._earlier[0] != attempt:
            of_all = gpu_hours_in(self._store)
            earlier = {role: max(0.0, hours - now.get(role, 0.0)) for role, hours in of_all.items()}
            self._earlier = attempt, earlier
        before = self._earlier[1]
        summed = {role: before.get(role, 0.0) + now.get(role, 0.0) for role in {**before, **now}}
        return {role: hours for role, hours in summed.items() if hours}


def _tally_in(figures: dict[str, Any]) -> Tally:
    """Return the counts among a pipeline's figures; none where it has none."""
    counts = figures.get("counts") or {}
    return Tally(**{name: counts[name] for name in (*NUMBERS, "roles") if name in counts})
