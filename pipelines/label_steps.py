"""Questions in, step-labelled solutions out: sample, check, find the first errors, commit.

survey the source → claim the run folder → start the fleet → drive the missing units → say where things are
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from actors.checker_pool import CheckerPool
from cluster.connect import connected
from factory.shards import committed_units, sweep_temporaries
from factory.tally import Tally
from factory.units import Unit, cut
from pipelines import run_folder
from pipelines.drive import Interrupt, Progress, drive
from pipelines.fleet import checker_stats, launched
from pipelines.settings import Settings
from pipelines.survey import Screen, Survey, as_before, boxed_gold, judged_by, survey, usable


@dataclass(frozen=True)
class Outlook:
    """What lies before a run: told to the progress display before the first unit."""

    folder: Path
    survey: Survey
    units: int
    committed: int


@dataclass(frozen=True)
class Summary:
    """What a run came to. `complete` is False when it was interrupted."""

    folder: Path
    complete: bool
    survey: Survey
    tally: Tally
    seconds: float
    retried: int = 0


class Listener:
    """What a display may want to know; every method may be overridden, none has to be."""

    def say(self, line: str) -> None:
        """A stage begins or something worth a line happened."""

    def begin(self, outlook: Outlook) -> None:
        """The source is known and the first unit is about to start."""

    def progress(self, progress: Progress) -> None:
        """Twice a second while units are in flight."""


def run(settings: Settings, listener: Listener | None = None) -> Summary:
    """Do what is missing in the run folder of `settings`. Raises `BadInput` before anything has started."""
    listener = listener or Listener()
    started = time.monotonic()
    interrupt = Interrupt()
    check_model(settings)
    with interrupt.installed():
        folder = run_folder.claim(settings)
        listener.say(f"reading the source ({settings.source.name})")
        with screening(settings, run_folder.survey_of(folder)) as screen:
            found = survey(settings, screen, lambda n: listener.say(f"read {n:,} questions"))
        run_folder.write_survey(folder, found)
        committed = committed_units(folder)
        total = -(-found.questions // settings.run.unit_size)
        listener.begin(Outlook(folder, found, total, len(committed)))
        if len(committed) >= total:
            return _summary(folder, found, started, complete=True)
        sweep_temporaries(folder)
        missing = missing_units(settings, found, committed)
        listener.say(f"starting Ray and {settings.cluster.generators} {settings.engine.name} engine(s)")
        with run_folder.attempt(folder, settings) as log:
            progress, checkers = _drive(settings, folder, missing, listener.progress, interrupt, listener.say)
            log.update(units=progress.units, retried=progress.retried, **progress.done.as_dict())
            log.update(checkers=checkers)
    return _summary(folder, found, started, complete=len(committed_units(folder)) >= total, retried=progress.retried)


def check_model(settings: Settings) -> None:
    """Refuse a model that cannot be had, where this machine can tell: before anything has started."""
    check = getattr(settings.engine.module, "check_model", None)
    if check is not None and settings.cluster.address == "local":
        check(settings.model)


def missing_units(settings: Settings, found: Survey, committed: set[str]) -> Iterator[Unit]:
    """The units of the source whose object does not exist yet, in order."""
    for unit in cut(usable(settings, as_before(found)), settings.run.unit_size, settings.fingerprint):
        if unit.id not in committed:
            yield unit


@contextmanager
def screening(settings: Settings, before: Survey | None = None) -> Iterator[Screen]:
    """What gold answers are screened by: a checker on the driver, or the survey of an attempt `before`."""
    if before is not None:
        yield as_before(before)
        return
    module = settings.checker.module
    if hasattr(module, "judge"):
        yield lambda questions: {}  # a model's opinion of its own gold answers is no screen
        return
    pool = CheckerPool(settings.checker.name, asdict(settings.checker.config), workers=1)
    try:
        yield judged_by(pool.check, getattr(module, "right_answer", boxed_gold))
    finally:
        pool.close()


def _drive(
    settings: Settings,
    folder: Path,
    units: Iterator[Unit],
    on_progress: Callable[[Progress], None],
    interrupt: Interrupt,
    say: Callable[[str], None],
) -> tuple[Progress, list[dict[str, float]]]:
    """What became of the units, and what each checker has counted."""
    # Listening anew: ray.init has taken SIGTERM for itself.
    with connected(settings.cluster.address), interrupt.installed(), launched(settings, folder) as fleet:
        say(f"engine ready: {fleet.engine['engine']}, model {settings.model}")
        progress = drive(
            units,
            fleet.workers,
            window=settings.window,
            attempts=settings.cluster.attempts,
            restart_s=settings.cluster.start_timeout_s,
            on_progress=on_progress,
            interrupt=interrupt,
        )
        return progress, checker_stats(fleet)


def _summary(folder: Path, found: Survey, started: float, *, complete: bool, retried: int = 0) -> Summary:
    summary = Summary(
        folder=folder,
        complete=complete,
        survey=found,
        tally=run_folder.committed_tally(folder),
        seconds=time.monotonic() - started,
        retried=retried,
    )
    run_folder.write_stats(
        folder, {"complete": complete, "seconds": round(summary.seconds, 3), **summary.tally.as_dict()}
    )
    return summary
