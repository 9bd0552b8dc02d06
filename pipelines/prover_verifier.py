"""Prover–verifier game: helpful and sneaky provers against a verifier that is trained on both (Kirchner et al.,
arXiv 2407.13692).

    per round: reward → train the provers → sample both → train the verifier → evaluate

The first round's provers are the model as it came, under two prompts. A verifier (an outcome reward model) is trained
on the solutions of all rounds so far. In the next round it scores the solutions of this one: the helpful prover is
rewarded for right ones that convince, the sneaky one for wrong ones that convince. The checker says what is right;
neither prover is ever told. Where the paper trains by PPO, both roles here imitate their most rewarded solutions, as in
expert iteration: one model, which the prompt tells its role. Provers and verifier then meet on held-out questions.

A phase that is done has a file that says so (`pipelines/rounds/journal.py`), so that a run killed anywhere goes on in
the phase it was killed in. Phases that ask a model are labelling runs (`pipelines/run/labelling.py`).
"""

from __future__ import annotations

from functools import partial

from cluster.connect import nodes_of_cluster
from pipelines.fine_tuning.training import check_room
from pipelines.pools.keys import check_keys
from pipelines.prover_game import settings as declared
from pipelines.prover_game.checks import checked, gpus_of, outline, parts
from pipelines.prover_game.phases import PHASES, Phases
from pipelines.prover_game.report import journal_of, save_rounds, status_lines, summary_lines, why_stop
from pipelines.rounds.loop import BudgetWatch, do_phases
from pipelines.rounds.summary import RoundsSummary, stats_of
from pipelines.rounds.work import RoundWork
from pipelines.run.contract import Pipeline
from pipelines.run.engine_pools import EnginePools
from pipelines.run.listener import Listener
from pipelines.run.session import RunSession
from pipelines.run.settings import Settings
from pipelines.run.survey import in_parts


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
    game, remarks = checked(settings)
    with RunSession(settings, listener) as session:
        for remark in remarks:
            session.listener.say(remark)
        # Read the source, and what earlier attempts have done.
        survey = session.survey()
        journal = journal_of(session.store)
        stopped = why_stop(game, journal)

        # Do what is missing, in a folder that is ours from here on.
        if not session.resumes or stopped is None:
            for part in parts(game):
                check_keys(part)
            session.claim(survey, engine=settings.plain["engine"], gpus=gpus_of(game))
            with session.connected(), EnginePools(session.listener.say) as pools:
                for options in game.trainers().values():
                    check_room(options, nodes_of_cluster())
                work = RoundWork(
                    session=session,
                    pools=pools,
                    screen=in_parts(survey, settings),
                    check=BudgetWatch(session.check, game.stop, journal),
                    retry_failed=retry_failed,
                    said=set(remarks),
                )

                def draw(phase: str) -> None:
                    if phase == PHASES[-1]:
                        save_rounds(session.store, journal)

                phases = Phases(settings=game, journal=journal, work=work)
                stopped = do_phases(journal, session.listener.say, phases.do, partial(why_stop, game, journal), draw)

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
