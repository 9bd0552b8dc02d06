"""Rounds of a STaR run: what ends it, and its picture after every round."""

from __future__ import annotations

from functools import partial

from factory.self_training.teaching import roles
from pipelines.rounds import loop
from pipelines.self_training.journal import PHASES, Journal
from pipelines.self_training.phases import Phases
from pipelines.self_training.plot import save_accuracies
from pipelines.self_training.star_settings import StarSettings

PLOT = "accuracy.png"


def do_rounds(phases: Phases) -> str | None:
    """Do what is missing, phase by phase.

    Returns the sentence of the rule that ended the run, "" when all rounds are done, None when somebody interrupted it.
    """
    journal, session = phases.journal, phases.work.session

    def draw(phase: str) -> None:
        if phase == PHASES[-1]:
            save_accuracies(session.store, PLOT, journal)

    stopped = partial(why_stop, phases.star_settings, journal)
    return loop.do_phases(journal, session.listener.say, phases.do, stopped, draw)


def why_stop(star_settings: StarSettings, journal: Journal) -> str | None:
    """Return the rule's sentence that ends the run; "" when all rounds are done, None while there is more to do."""

    def accuracies() -> list[list[float]]:
        learners = {roles(star_settings.teacher.mode, done).learner for done in range(journal.rounds)}
        return [journal.accuracies(who) for who in sorted(learners)]

    return loop.why_stop(journal, star_settings.star.rounds, star_settings.stop, accuracies)
