"""STaR: a model that trains on those of its own solutions that are right (Zelikman et al., arXiv 2203.14465).

    evaluate → per round: sample → rationalise what is unsolved → keep → train → swap weights → evaluate

A phase that is done has a file that says so (`pipelines/self_training/journal.py`), so that a run killed anywhere goes
on in the phase it was killed in. Phases that ask a model are labelling runs (`pipelines/run/labelling.py`).
"""

from __future__ import annotations

from cluster.connect import nodes_of_cluster
from pipelines.fine_tuning.training import check_room
from pipelines.pools.keys import check_keys
from pipelines.rounds.loop import BudgetWatch
from pipelines.rounds.summary import stats_of
from pipelines.rounds.work import RoundWork
from pipelines.run.contract import Pipeline
from pipelines.run.engine_pools import EnginePools
from pipelines.run.listener import Listener
from pipelines.run.session import RunSession
from pipelines.run.settings import Settings
from pipelines.run.survey import in_parts
from pipelines.self_training import star_settings as declared
from pipelines.self_training.checks import checked, outline
from pipelines.self_training.journal import Journal
from pipelines.self_training.phases import Phases
from pipelines.self_training.report import StarSummary, status_lines, summary_lines
from pipelines.self_training.rounds import do_rounds, why_stop
from pipelines.self_training.star_runs import parts


def run(settings: Settings, listener: Listener | None = None, *, retry_failed: bool = False) -> StarSummary:
    """Do the rounds that are missing in the run folder of `settings`.

    Args:
      settings: the validated config.
      listener: receiver of the run's news; None for nobody.
      retry_failed: questions that failed in the phase that was cut off are tried again.

    Returns:
      Facts of all rounds, and which rule ended the run.

    Raises:
      BadInput: a mistake in config, model, source or folder; nothing has been started or written then.
    """
    star_settings, remarks = checked(settings)
    with RunSession(settings, listener) as session:
        for remark in remarks:
            session.listener.say(remark)
        # Read the source, and what earlier attempts have done.
        survey = session.survey()
        journal = Journal(session.store)
        stopped = why_stop(star_settings, journal)

        # Do what is missing, in a folder that is ours from here on.
        if not session.resumes or stopped is None:
            for part in parts(star_settings):
                check_keys(part)
            session.claim(survey, engine=settings.plain["engine"], gpus=star_settings.gpus)
            with session.connected(), EnginePools(session.listener.say) as pools:
                check_room(star_settings.trainer_options(), nodes_of_cluster())
                work = RoundWork(
                    session=session,
                    pools=pools,
                    screen=in_parts(survey, settings),
                    check=BudgetWatch(session.check, star_settings.stop, journal),
                    retry_failed=retry_failed,
                    said=set(remarks),
                )
                stopped = do_rounds(Phases(star_settings=star_settings, journal=journal, work=work))

        rounds = journal.by_round()
        summary = StarSummary(settings.run.dir, stopped is not None, stopped or "", rounds, session.seconds)
        session.write_stats(stats_of(summary))
        return summary


PIPELINE = Pipeline(
    run=run,
    sections=declared.SECTIONS,
    plugin_sections=declared.PLUGIN_SECTIONS,
    excluded_from_fingerprint=declared.EXCLUDED_FROM_FINGERPRINT,
    effort=declared.EFFORT,
    outline=outline,
    status_lines=status_lines,
    summary_lines=summary_lines,
)
