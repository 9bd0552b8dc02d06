"""Rounds of a STaR run: do the next phase, keep its facts, until a rule says stop."""

from __future__ import annotations

import time
from collections.abc import Callable

from factory.self_training.stop_rules import Spent, no_gain, over_budget
from factory.self_training.teaching import roles
from pipelines.self_training.journal import PHASES, Journal
from pipelines.self_training.phases import Phases
from pipelines.self_training.plot import save_accuracies
from pipelines.self_training.star_settings import StarSettings

PLOT = "accuracy.png"
BUDGET_EVERY_S = 30.0


class OverBudget(Exception):
    """Budget of hours that was used up within a phase; a run with a higher one goes on with that phase."""


class BudgetWatch:
    """Check for the loops of a STaR run: the claim at every call, the budgets of hours every `BUDGET_EVERY_S`.

    Adding up the heartbeats of all attempts costs calls to the store, so it is not done twice a second.
    """

    def __init__(self, check: Callable[[], None], star_settings: StarSettings, journal: Journal) -> None:
        self._check = check
        self._journal = journal
        self._budget = Spent(gpu_hours=star_settings.stop.gpu_hours, hours=star_settings.stop.hours)
        self._looked = time.monotonic()

    def __call__(self) -> None:
        """Raise what `check` raises, and `OverBudget` with the rule's sentence."""
        self._check()
        if self._budget == Spent() or time.monotonic() - self._looked < BUDGET_EVERY_S:
            return
        self._looked = time.monotonic()
        if over := over_budget(self._journal.spent(), self._budget):
            raise OverBudget(over)


def do_rounds(phases: Phases) -> str | None:
    """Do what is missing, phase by phase.

    Returns the sentence of the rule that ended the run, "" when all rounds are done, None when somebody interrupted it.
    """
    star_settings, journal, session = phases.star_settings, phases.journal, phases.session
    while (stopped := why_stop(star_settings, journal)) is None:
        round_, phase = journal.next_phase()
        session.listener.say(f"{'before the first round' if round_ is None else f'round {round_}'}: {phase}")
        began = time.monotonic()
        try:
            facts = phases.do(round_, phase)
        except OverBudget as over:
            return str(over)
        if facts is None:
            return None
        journal.record(round_, phase, {**facts, "seconds": round(time.monotonic() - began, 3)})
        if phase == PHASES[-1]:
            save_accuracies(session.store, PLOT, journal)
    return stopped


def why_stop(star_settings: StarSettings, journal: Journal) -> str | None:
    """Return the rule's sentence that ends the run; "" when all rounds are done, None while there is more to do."""
    round_, phase = journal.next_phase()
    if round_ == star_settings.star.rounds:
        return ""

    # Budgets are looked at before every phase.
    stop = star_settings.stop
    budget = Spent(policy_calls=stop.policy_calls, gpu_hours=stop.gpu_hours, hours=stop.hours)
    spent = over_budget(journal.spent(), budget) if budget != Spent() else None
    if spent or phase != PHASES[0]:
        return spent

    # Accuracy is looked at between rounds, and the run goes on while anybody still gains.
    learners = {roles(star_settings.teacher.mode, done).learner for done in range(journal.rounds)}
    in_vain = [no_gain(journal.accuracies(who), stop.patience, stop.min_gain) for who in sorted(learners)]
    return in_vain[0] if in_vain and all(in_vain) else None
