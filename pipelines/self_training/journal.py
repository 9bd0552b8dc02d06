"""Journal of a STaR run: one small file per finished phase, whose existence says that the phase is done.

before/evaluate.json, round_0/{sample,rationalise,keep,train,swap,evaluate}.json
"""

from __future__ import annotations

from factory.storage.store import Store
from pipelines.rounds.journal import Facts, RoundJournal

__all__ = ["PHASES", "Facts", "Journal"]

PHASES = ("sample", "rationalise", "keep", "train", "swap", "evaluate")


class Journal(RoundJournal):
    """Facts of all finished phases of a STaR run. A round is None before the first, which has an evaluation only."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, PHASES, before=PHASES[-1:])

    def accuracies(self, who: str) -> list[float]:
        """Return greedy accuracies of `who` on the held-out questions, each a share.

        The first is from before the first round, the others from after each round in which `who` learned.
        """
        rounds = [None, *range(self.rounds)]
        evaluations = [(self.facts(round_, PHASES[-1]) or {}).get(who) for round_ in rounds]
        return [scores["greedy"]["accuracy"] for scores in evaluations if scores]
