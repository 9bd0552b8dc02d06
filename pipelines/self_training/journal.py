"""Journal of a STaR run, and what ends one.

before/evaluate.json, round_0/{sample,rationalise,keep,train,swap,evaluate}.json
"""

from __future__ import annotations

from factory.self_training.teaching import roles
from factory.storage.store import Store
from pipelines.rounds.journal import RoundJournal
from pipelines.rounds.loop import why_stop as why_stop_any
from pipelines.self_training.star_settings import StarSettings

PHASES = ("sample", "rationalise", "keep", "train", "swap", "evaluate")


def journal_of(store: Store) -> RoundJournal:
    """Return the journal of a STaR run. A round is None before the first, which has an evaluation only."""
    return RoundJournal(store, PHASES, before=PHASES[-1:])


def accuracies(journal: RoundJournal, who: str) -> list[float]:
    """Return greedy accuracies of `who` on the held-out questions, each a share.

    The first is from before the first round, the others from after each round in which `who` learned.
    """
    rounds = [None, *range(journal.rounds)]
    evaluations = [(journal.facts(round_, PHASES[-1]) or {}).get(who) for round_ in rounds]
    return [scores["greedy"]["accuracy"] for scores in evaluations if scores]


def why_stop(settings: StarSettings, journal: RoundJournal) -> str | None:
    """Return the rule's sentence that ends the run; "" when all rounds are done, None while there is more to do."""

    def of_learners() -> list[list[float]]:
        learners = {roles(settings.teacher.mode, done).learner for done in range(journal.rounds)}
        return [accuracies(journal, who) for who in sorted(learners)]

    return why_stop_any(journal, settings.star.rounds, settings.stop, of_learners)
