"""Verifier loop: a reward model of steps guides the searches whose labelled solutions it is trained on next.

    label held-out solutions → per round: search and label → export → train → score held-out → evaluate

The first round samples plainly; from the second on, the searches in `loop.methods` are guided by the round before's
verifier, and what they found is labelled like any other solution (expert iteration of a verifier, as in ReST-MCTS*,
Zhang et al., arXiv 2406.03816). After every round each guided search is held against majority voting at equal tokens on
questions that are never trained on, and the verifier names first errors in labelled solutions of them.

A phase that is done has a file that says so (`pipelines/rounds/journal.py`), so that a run killed anywhere goes on in
the phase it was killed in. Phases that ask a model are labelling runs (`pipelines/run/labelling.py`).
"""

from __future__ import annotations

from functools import partial

from cluster.connect import nodes_of_cluster
from pipelines.fine_tuning.training import check_room
from pipelines.pools.keys import check_keys
from pipelines.rounds.loop import BudgetWatch, do_phases
from pipelines.rounds.summary import RoundsSummary, stats_of
from pipelines.rounds.work import RoundWork
from pipelines.run.contract import Pipeline
from pipelines.run.engine_pools import EnginePools
from pipelines.run.listener import Listener
from pipelines.run.session import RunSession
from pipelines.run.settings import Settings
from pipelines.run.survey import in_parts
from pipelines.verifier_rounds import settings as declared
from pipelines.verifier_rounds.checks import checked, gpus_of, outline, parts
from pipelines.verifier_rounds.phases import PHASES, Phases
from pipelines.verifier_rounds.report import journal_of, save_rounds, status_lines, summary_lines, why_stop


def run(settings: Settings, listener: Listener | None = None, *, retry_failed: bool = False) -> RoundsSummary:
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
    loop, remarks = checked(settings)
    with RunSession(settings, listener) as session:
        for remark in remarks:
            session.listener.say(remark)
        # Read the source, and what earlier attempts have done.
        survey = session.survey()
        journal = journal_of(session.store)
        stopped = why_stop(loop, journal)

        # Do what is missing, in a folder that is ours from here on.
        if not session.resumes or stopped is None:
            for part in parts(loop):
                check_keys(part)
            session.claim(survey, engine=settings.plain["engine"], gpus=gpus_of(loop))
            with session.connected(), EnginePools(session.listener.say) as pools:
                check_room(loop.trainer_options(), nodes_of_cluster())
                work = RoundWork(
                    session=session,
                    pools=pools,
                    screen=in_parts(survey, settings),
                    check=BudgetWatch(session.check, loop.stop, journal),
                    retry_failed=retry_failed,
                    said=set(remarks),
                )

                def draw(phase: str) -> None:
                    if phase == PHASES[-1]:
                        save_rounds(session.store, journal)

                phases = Phases(settings=loop, journal=journal, work=work)
                stopped = do_phases(journal, session.listener.say, phases.do, partial(why_stop, loop, journal), draw)

        summary = RoundsSummary(
            settings.run.dir, stopped is not None, stopped or "", journal.by_round(), session.seconds
        )
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
