"""Budgets of one labelling run: what all its attempts have spent, and the sentence when that is too much."""

from __future__ import annotations

from factory.records.tally import Tally
from factory.spending import Spent, over_budget, spending_of
from factory.storage.store import Store
from pipelines.driving.drive import Progress
from pipelines.measures.budget import BudgetWatch, OverBudget
from pipelines.measures.gpu_time import gpu_hours_in
from pipelines.run.attempts import driver_hours
from pipelines.run.sections import Limits


class RunLimits:
    """Budgets of a run, looked at before it begins and while it works; `before` counts what was committed before.

    Args:
      limits: the config's.
      store: the run folder, in which every attempt keeps its hours.
      before: counts of what was committed before this attempt.
      gpu_hour_price: money for an hour of one GPU.
    """

    def __init__(self, limits: Limits, store: Store, before: Tally, gpu_hour_price: float) -> None:
        self._budget = limits.budget
        self._store = store
        self.before = before
        self._price = gpu_hour_price
        self._progress = Progress()
        self._watch = BudgetWatch(self._budget, self.spent)

    def spent(self) -> Spent:
        """Return what all attempts have spent so far."""
        total, gpu_hours = self._counted(), gpu_hours_in(self._store)
        return Spent(
            policy_calls=total.policy_calls,
            gpu_hours=sum(gpu_hours.values()),
            hours=driver_hours(self._store),
            money=spending_of(gpu_hours, total, self._price).money,
        )

    def used_up(self) -> str:
        """Return the sentence on a budget that is used up before anything has begun; "" where none is."""
        return (self._budget != Spent() and over_budget(self.spent(), self._budget)) or ""

    def hear(self, progress: Progress) -> None:
        """Hear how far this attempt is."""
        self._progress = progress

    def check(self) -> None:
        """Raise `OverBudget` when a budget is used up: of completions and servers' money at once, else soon."""
        counted = self._counted()
        asked = Spent(policy_calls=counted.policy_calls, money=counted.money)
        if over := over_budget(asked, self._budget):
            raise OverBudget(over)
        # Hours are in the run folder, which is not asked twice a second.
        self._watch()

    def _counted(self) -> Tally:
        """Return the counts of all that is committed or under way."""
        total = Tally()
        for counted in (self.before, self._progress.done, self._progress.underway):
            total.add(counted)
        return total
