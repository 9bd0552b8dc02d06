"""Search methods on the same questions at an equal budget of tokens: which one is right most often, at what cost.

    read the source → choose each method's amount on a few pilot questions → run every method on the others → compare

Each method is a labelling run of its own without labels (`pipelines/run/labelling.py`), on engines that all share. What
is compared and how: `factory/evaluation/method_comparison.py`.
"""

from __future__ import annotations

from functools import partial

from factory.spending import Spent, over_budget
from factory.storage.store import Store
from pipelines.measures.budget import BudgetWatch
from pipelines.measures.gpu_time import gpu_hours_in
from pipelines.method_comparison import sections
from pipelines.method_comparison.checks import check_size, checked, outline
from pipelines.method_comparison.parts import PILOT, TEST
from pipelines.method_comparison.report import (
    ComparisonSummary,
    curves,
    stats_of,
    status_figures,
    status_lines,
    summary_lines,
    summary_of,
    write,
)
from pipelines.method_comparison.results import Results
from pipelines.method_comparison.work import Interrupted, SaysOnce, Work
from pipelines.planning.survey import in_parts
from pipelines.run.attempts import driver_hours
from pipelines.run.contract import Pipeline
from pipelines.run.engine_pools import EnginePools
from pipelines.run.listener import Listener
from pipelines.run.session import RunSession
from pipelines.run.settings import Settings


def run(settings: Settings, listener: Listener | None = None, *, retry_failed: bool = False) -> ComparisonSummary:
    """Do the runs that are missing in the folder of `settings`, and compare what is there.

    Args:
      settings: the validated config.
      listener: receiver of the news; None for nobody.
      retry_failed: questions that failed are tried again.

    Returns:
      The rows of all methods that are done.

    Raises:
      BadInput: a mistake in config, model, source or folder; nothing has been started or written then.
    """
    comparison, remarks = checked(settings)
    with RunSession(settings, listener) as session:
        for remark in remarks:
            session.listener.say(remark)
        # Read the source, and what earlier attempts have done.
        survey = session.survey()
        check_size(comparison, survey)
        results = Results(session.store, settings.run.dir)
        summary = summary_of(comparison, results)

        # Do what is missing, in a folder that is ours from here on.
        session.claim(survey, engine=settings.plain["engine"])
        end = None
        spent = partial(_spent, session.store)
        watch = BudgetWatch(settings.stop.budget, spent)

        def check() -> None:
            session.check()
            watch()

        if used_up := over_budget(spent(), settings.stop.budget):
            end = Interrupted(stopped=used_up)
        elif not summary.complete or (retry_failed and any(row.measured.scores.failed for row in summary.rows)):
            with session.connected(), EnginePools(session.listener.say) as pools:
                work = Work(
                    comparison=comparison,
                    results=results,
                    listener=SaysOnce(session.listener),
                    pools=pools,
                    screen=in_parts(survey, settings),
                    check=check,
                    retry_failed=retry_failed,
                    said=set(remarks),
                )
                try:
                    work.do()
                except Interrupted as early:
                    end = early

        # Compare what is there now.
        summary = summary_of(comparison, results, seconds=session.seconds, end=end)
        write(session.store, comparison, summary)
        session.write_stats(stats_of(summary))
        return summary


def _spent(store: Store) -> Spent:
    """Return what all runs of a comparison have spent so far."""
    held = gpu_hours_in(store, TEST, PILOT)
    return Spent(hours=driver_hours(store), gpu_hours=sum(held.values()))


PIPELINE = Pipeline(
    run=run,
    sections=sections.SECTIONS,
    excluded_from_fingerprint=sections.EXCLUDED_FROM_FINGERPRINT,
    effort=(),
    outline=outline,
    curves=curves,
    status_lines=status_lines,
    status_figures=status_figures,
    summary_lines=summary_lines,
)
