"""Loop over the phases of a run of several rounds: do the next one, keep its facts, until a rule says stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from factory.interfaces import Say
from factory.self_training.stop_rules import no_gain
from factory.spending import Spent, over_budget
from pipelines.measures.budget import OverBudget
from pipelines.rounds.journal import Facts, RoundJournal
from pipelines.rounds.sections import Stop


def do_phases(
    journal: RoundJournal,
    say: Say,
    do: Callable[[int | None, str], Facts | None],
    why_stopped: Callable[[], str | None],
    on_round: Callable[[], None],
) -> str | None:
    """Do what is missing, phase by phase.

    Args:
      journal: facts of the phases that are done.
      say: hears which phase begins.
      do: does a phase and returns its facts; None when it came to no end, as somebody or a budget has interrupted it.
      why_stopped: says why the run is to end, as `why_stop` does.
      on_round: called after the last phase of a round, and after the same phase before the first.

    Returns:
      The sentence of the rule that ended the run, "" when all rounds are done, None when somebody interrupted it.
    """
    while (stopped := why_stopped()) is None:
        round_, phase = journal.next_phase()
        say(f"{'before the first round' if round_ is None else f'round {round_}'}: {phase}")
        began = time.monotonic()
        try:
            facts = do(round_, phase)
        except OverBudget as over:
            return str(over)
        if facts is None:
            # Somebody has interrupted it, or a budget was used up in the middle of a run of the phase.
            return why_stopped()
        journal.record(round_, phase, {**facts, "seconds": round(time.monotonic() - began, 3)})
        if phase == journal.phases[-1]:
            on_round()
    return stopped


def why_stop(
    journal: RoundJournal,
    rounds: int,
    stop: Stop,
    accuracies: Callable[[], Sequence[Sequence[float]]],
    what: str = "greedy accuracy",
) -> str | None:
    """Return the rule's sentence that ends a run; "" when all rounds are done, None while there is more to do.

    Args:
      journal: facts of the phases that are done.
      rounds: number of rounds asked for.
      stop: the rules.
      accuracies: returns one list of accuracies per learner, before the first round and after each.
      what: name of these accuracies, for the sentence.
    """
    round_, phase = journal.next_phase()
    if round_ == rounds:
        return ""

    # Budgets are looked at before every phase.
    spent = over_budget(journal.spent(), stop.budget) if stop.budget != Spent() else None
    if spent or phase != journal.phases[0]:
        return spent

    # Accuracy is looked at between rounds, and the run goes on while anybody still gains.
    in_vain = [no_gain(values, stop.patience, stop.min_gain, what) for values in accuracies()]
    return in_vain[0] if in_vain and all(in_vain) else None
