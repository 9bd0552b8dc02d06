"""Questions in, step-labelled solutions out: sample, check, find the first errors, commit.

claim the run folder → read the source, plan what is missing → start the fleet → drive → say where things are
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, replace

from actors.checking.pool import CheckerPool
from cluster.connect import connected
from factory.errors import StorageFailed
from factory.records.tally import Tally
from factory.shards.commits import leftovers, listed, sweep
from factory.shards.receipts import ReceiptLog, committed_tally
from factory.storage.store import Store
from pipelines.driving.drive import Progress, drive
from pipelines.driving.interrupt import Interrupt
from pipelines.run import run_folder
from pipelines.run.attempts import Attempt, attempt, last_over
from pipelines.run.fleet import Fleet, checker_stats, launched
from pipelines.run.planning import Plan, missing_units, plan
from pipelines.run.settings import Settings
from pipelines.run.survey import Screen, Survey, as_before, boxed_gold, judged_by

Staff = Callable[[Settings], AbstractContextManager[Fleet]]
"""Who works for the run of these settings, from the first unit to the last."""


@dataclass(frozen=True)
class Outlook:
    """What lies before a run: told to the progress display before the first unit. Of `units`, `committed` are done and
    `again` have to be taken up again: to retry what failed, or because more is asked for."""

    folder: str
    survey: Survey
    units: int
    committed: int
    again: int = 0


@dataclass(frozen=True)
class Summary:
    """What a run came to. `complete` is False when it was interrupted, or when `short` units hold questions that could
    not be gone on with, the last of them for `trouble`. `interrupted`: somebody wants an end, also where nothing was
    left to be done."""

    folder: str
    complete: bool
    survey: Survey
    tally: Tally
    seconds: float
    retried: int = 0
    short: int = 0
    trouble: str = ""
    interrupted: bool = False


class Listener:
    """What a display may want to know; every method may be overridden, none has to be."""

    def say(self, line: str) -> None:
        """A stage begins or something worth a line happened."""

    def begin(self, outlook: Outlook) -> None:
        """The source is known and the first unit is about to start."""

    def progress(self, progress: Progress) -> None:
        """Twice a second while units are in flight."""

    def training(self, report: Mapping[str, float]) -> None:
        """What a trainer has reported so far, where a story trains."""


def run(
    settings: Settings,
    listener: Listener | None = None,
    *,
    retry_failed: bool = False,
    staff: Staff = launched,
    screen: Screen | None = None,
    check: Callable[[], None] = lambda: None,
) -> Summary:
    """Do what is missing in the run folder of `settings`. Raises `BadInput` before anything has started.

    `retry_failed`: what failed in earlier attempts is missing, too. A story that has this one as a part of it lends its
    engines (`staff`) and what it knows of the gold answers (`screen`), and may raise in `check`, which is called often.
    """
    listener = listener or Listener()
    started = time.monotonic()
    interrupt = Interrupt()
    check_model(settings)
    store = run_folder.store_of(settings, listener.say)
    before = last_over(store, listener.say)
    known = run_folder.recognise(settings, store)
    with interrupt.installed():
        listener.say(f"reading the source ({settings.source.name})")
        with nullcontext(screen) if screen else screening(settings, run_folder.survey_of(store)) as screened:
            to_do = plan(
                settings,
                store,
                screened,
                retry_failed=retry_failed,
                on_progress=lambda n: listener.say(f"read {n:,} questions"),
            )
        again = len(to_do.missing) - to_do.fresh
        done = to_do.units - len(to_do.missing)
        listener.begin(Outlook(settings.run.dir, to_do.survey, to_do.units, done, again))
        left = leftovers(store)
        summary = _summary(settings, store, to_do, Progress(), time.monotonic() - started)
        if known and not to_do.missing and not left and run_folder.stats_are(store, stats_of(summary)):
            return summary
        facts = {"cluster": settings.plain["cluster"], "engine": settings.plain["engine"]}
        with attempt(store, before, facts, settings.storage, listener.say) as mine:
            run_folder.bind(settings, store)
            run_folder.keep_survey(store, to_do.survey)
            sweep(store, left)
            if to_do.missing:
                if staff is launched:
                    listener.say(f"starting Ray and {settings.cluster.generators} {settings.engine.name} engine(s)")
                progress, checkers = _drive(settings, store, to_do, mine, listener, interrupt, staff, check)
                mine.log.update(units=progress.units, retried=progress.retried, **progress.done.as_dict())
                mine.log.update(short=progress.short, trouble=progress.trouble, checkers=checkers)
                if to_do.fresh < len(to_do.missing):  # a dead attempt's writer may have come late with what is done
                    sweep(store, replace(leftovers(store), orphans=()))
                summary = _summary(settings, store, to_do, progress, time.monotonic() - started)
            run_folder.write_stats(store, stats_of(summary) | {"seconds": round(summary.seconds, 3)})
            return replace(summary, interrupted=interrupt.count > 0)


def check_model(settings: Settings) -> None:
    """Refuse a model that cannot be had, where this machine can tell: before anything has started."""
    check = getattr(settings.engine.module, "check_model", None)
    if check is not None and settings.cluster.address == "local":
        check(settings.model)


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
    store: Store,
    to_do: Plan,
    mine: Attempt,
    listener: Listener,
    interrupt: Interrupt,
    staff: Staff,
    check: Callable[[], None],
) -> tuple[Progress, list[dict[str, float]]]:
    """What became of the units, and what each checker has counted."""
    receipts = ReceiptLog(store, mine.number)

    def both() -> None:
        mine.check()
        check()

    # Listening anew: ray.init has taken SIGTERM for itself.
    with connected(settings.cluster.address), interrupt.installed(), staff(settings) as fleet:
        listener.say(f"engine ready: {fleet.engine['engine']}, model {settings.model}")
        try:
            progress = drive(
                missing_units(settings, to_do),
                fleet.workers,
                window=settings.window,
                attempts=settings.cluster.attempts,
                restart_s=settings.cluster.start_timeout_s,
                asked=settings.effort,
                on_progress=listener.progress,
                on_receipt=receipts.add,
                check=both,
                interrupt=interrupt,
            )
        except BaseException:
            with suppress(StorageFailed):  # what has no receipt is read instead
                receipts.flush(run_folder.store_of(settings, impatient=True))
            raise
        receipts.flush()
        return progress, checker_stats(fleet)


def _summary(settings: Settings, store: Store, to_do: Plan, progress: Progress, seconds: float) -> Summary:
    committed, _ = listed(store)
    left = len(to_do.missing) - progress.units + progress.short
    return Summary(
        folder=settings.run.dir,
        complete=len(committed) >= to_do.units and not left,
        survey=to_do.survey,
        tally=committed_tally(store, committed),
        seconds=seconds,
        retried=progress.retried,
        short=progress.short,
        trouble=progress.trouble,
    )


def stats_of(summary: Summary) -> dict[str, object]:
    """What `stats.json` says of a run, but for the time it took."""
    return {"complete": summary.complete, **summary.tally.as_dict(), "question_seconds": summary.tally.seconds}
