"""Work of one labelling run: read the source, plan what is missing, start the actors, hand out units, count.

`label_steps` is this and nothing else; STaR does it once per phase that asks a model, on engines that it keeps.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

from factory.shards.leftovers import leftovers, sweep
from factory.shards.listing import Committed, committed_in
from factory.shards.receipts import committed_tally
from factory.spending import spending_of
from factory.types import POLICY
from pipelines.driving.drive import DriveOptions, Progress, drive
from pipelines.logging.news import DriveNews
from pipelines.measures.gpu_time import gpu_hours_in
from pipelines.measures.limits import RunLimits
from pipelines.planning.plan import Plan, keep, missing_units
from pipelines.planning.survey import Screen
from pipelines.pools.keys import check_keys
from pipelines.pools.pool import MODELS
from pipelines.pools.roles import idle_pools
from pipelines.run import run_folder
from pipelines.run.engine_pools import launched
from pipelines.run.fleet import Fleet, checker_stats
from pipelines.run.label_report import LabelSummary, engine_line, kept_questions, starting_line, stats_of
from pipelines.run.listener import Listener, Outlook
from pipelines.run.session import RunSession, check_model, check_prompt, engine_remarks
from pipelines.run.settings import Settings

# Facts of an engine that are of no use in a log.
_NOT_KEPT = ("pid", "remark")
Staff = Callable[[Settings], AbstractContextManager[Fleet]]
"""Supplier of the actors that work for the run of these settings, from the first unit to the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelOptions:
    """Options of one labelling run; a pipeline that contains such runs lends what it has already.

    Attributes:
      retry_failed: units with questions that failed in earlier attempts are missing, too.
      staff: supplier of the actors; by default they are started for this run and end with it.
      screen: judge of the gold answers, where the caller has screened them already; None starts a checker.
      check: called about twice a second while units are in flight; may raise to end the run. With `OverBudget` it ends
        as with a Ctrl-C: what is under way is finished for `run.grace_s`, and what is finished is kept.
      said: remarks on prompts that the user has read already; what is said is added.
    """

    retry_failed: bool = False
    staff: Staff = launched
    screen: Screen | None = None
    check: Callable[[], None] = lambda: None
    said: set[str] = field(default_factory=set)


def label(settings: Settings, listener: Listener | None = None, options: LabelOptions | None = None) -> LabelSummary:
    """Do what is missing in the run folder of `settings`.

    Args:
      settings: the validated config.
      listener: receiver of the run's news; None for nobody.
      options: what the caller lends to the run; None for the defaults.

    Returns:
      What the folder holds now, and whether that is all.

    Raises:
      BadInput: a mistake in config, model, source or folder; nothing has been started or written then.
      FactoryError: the run cannot go on; what is committed stays committed.
    """
    options = options or LabelOptions()
    check_model(settings)
    # A pipeline that lends its actors has looked at its prompts itself.
    remarks = check_prompt(settings) if options.staff is launched else []
    with RunSession(settings, listener) as session:
        _say_once(session, remarks, options.said)
        for remark in idle_pools(settings) if options.staff is launched else []:
            session.listener.say(remark)
        # Read the source and the folder. Nothing is written before this is done.
        todo = session.plan(screen=options.screen, retry_failed=options.retry_failed)
        session.listener.begin(outlook_of(settings, todo))
        left = leftovers(session.store, todo.committed)
        summary = _summary(session, todo, Progress(), todo.committed)
        if _is_done(session, todo, summary) and not left:
            return summary
        limits = RunLimits(settings.stop, session.store, summary.tally, settings.cluster.gpu_hour_price)
        if todo.missing:
            check_keys(settings)
            if used_up := limits.used_up():
                return replace(summary, stopped=used_up)

        # Take the folder and do what is missing.
        session.claim(todo.survey, engine=settings.plain["engine"], **_models(settings))
        keep(session.store, todo)
        sweep(session.store, left)
        if todo.missing:
            progress, stopped = _work(session, todo, options, limits)
            # A dead attempt's writer may have come late with what is done, and a dead worker leaves what it kept.
            if todo.fresh < len(todo.missing) or progress.retried or progress.roster > 1:
                sweep(session.store, replace(leftovers(session.store), orphans=()))
            committed = committed_in(session.store)
            summary = replace(_summary(session, todo, progress, committed), stopped=stopped)

        session.write_stats(stats_of(summary) | {"seconds": round(summary.seconds, 3)})
        return replace(summary, interrupted=session.interrupt.count > 0 and not summary.stopped)


def outlook_of(settings: Settings, todo: Plan) -> Outlook:
    """Return what lies ahead, as the listener is told."""
    done = todo.units - len(todo.missing)
    again = len(todo.missing) - todo.fresh
    # Of what a question costs, its samples are what every search that has an `n` makes for certain.
    least = settings.effort.get("search.n", 0)
    return Outlook(settings.run.dir, todo.survey, todo.units, done, again=again, questions=todo.questions, least=least)


def _models(settings: Settings) -> dict[str, Any]:
    """Return the models beside the policy as the attempt's log keeps them; nothing where there are none."""
    return {MODELS: settings.plain[MODELS]} if settings.models else {}


def _is_done(session: RunSession, todo: Plan, summary: LabelSummary) -> bool:
    """Return whether an earlier attempt has done all of it, its last word in `stats.json` included."""
    return session.resumes and not todo.missing and run_folder.stats_are(session.store, stats_of(summary))


def _say_once(session: RunSession, remarks: list[str], said: set[str]) -> None:
    """Say the remarks that are not in `said`, and add them."""
    for remark in remarks:
        if remark not in said:
            session.listener.say(remark)
    said.update(remarks)


def _work(session: RunSession, todo: Plan, options: LabelOptions, limits: RunLimits) -> tuple[Progress, str]:
    """Start the actors, hand out the missing units, and keep in the attempt's log what came of it.

    Returns what is committed, and the sentence on the budget that ended it; "" where none did.
    """
    settings, listener, attempt = session.settings, session.listener, session.attempt
    if options.staff is launched:
        listener.say(f"starting Ray and {starting_line(settings)}")
    with session.connected(), options.staff(settings) as fleet:
        for role, facts in fleet.facts.items():
            listener.say(engine_line(facts, settings.pools[role].model, role))
        kept = {
            role: {name: facts[name] for name in facts if name not in _NOT_KEPT} for role, facts in fleet.facts.items()
        }
        attempt.log.update(engine=kept.pop(POLICY), others=kept)
        if not options.said:
            # The driver could not look at the model: it is in a store, on the Hub or on other machines.
            _say_once(session, engine_remarks(settings, fleet.facts), options.said)
        progress, stopped = _drive(session, todo, fleet, options.check, limits)
        attempt.log.update(units=progress.units, retried=progress.retried, **progress.done.as_dict())
        attempt.log.update(moved=progress.moved, roster=progress.roster)
        attempt.log.update(engines=[engine.as_dict() for engine in (*progress.engines, *progress.gone)])
        attempt.log.update(
            short=progress.short, trouble=progress.trouble, checkers=checker_stats(fleet), stopped=stopped
        )
    return progress, stopped


def _drive(
    session: RunSession, todo: Plan, fleet: Fleet, check: Callable[[], None], limits: RunLimits
) -> tuple[Progress, str]:
    """Drive the missing units on `fleet`, and keep their receipts whatever ends it; returns what `_work` does."""
    settings = session.settings
    outlook = outlook_of(settings, todo)
    news = DriveNews(session, outlook, fleet, check, limits)
    try:
        progress = drive(
            missing_units(settings, todo),
            fleet.workers,
            fleet.assignment,
            DriveOptions(
                bounds=settings.bounds,
                engines=fleet.pools,
                counted={POLICY, settings.completer},
                membership=fleet.membership,
                questions=outlook.questions,
                attempts=settings.cluster.attempts,
                restart_s=settings.cluster.start_timeout_s,
                effort=settings.effort,
                on_progress=news.progress,
                experience=news.experience,
                on_receipt=news.receipt,
                check=news.check,
                interrupt=session.interrupt,
                grace_s=settings.run.grace_s,
                on_remark=session.listener.say,
                on_event=session.listener.event,
            ),
        )
    except BaseException:
        news.cut_off()
        raise
    finally:
        news.keep_experience()
    news.end(progress)
    return progress, news.stopped


def _summary(session: RunSession, todo: Plan, progress: Progress, committed: Committed) -> LabelSummary:
    """Count what the folder holds; the footers and receipts say it without reading a row."""
    missing = len(todo.missing) - progress.units + progress.short
    tally = committed_tally(session.store, committed)
    price = session.settings.cluster.gpu_hour_price
    return LabelSummary(
        folder=session.settings.run.dir,
        complete=len(committed) >= todo.units and not missing,
        survey=todo.survey,
        tally=tally,
        seconds=session.seconds,
        retried=progress.retried,
        short=progress.short,
        trouble=progress.trouble,
        kept=kept_questions(session.store, committed, todo.sizes.most),
        spending=spending_of(gpu_hours_in(session.store), tally, price),
    )
