"""Watch over the budgets of a run while it works."""

from __future__ import annotations

import time
from collections.abc import Callable

from factory.spending import Spent, over_budget

BUDGET_EVERY_S = 30.0


class OverBudget(Exception):
    """Budget that was used up while something was under way; a run with a higher one goes on there."""


class BudgetWatch:
    """Look at the budgets every `BUDGET_EVERY_S`: adding up what was spent costs calls to the store.

    Args:
      budget: what may be spent; 0 for no limit.
      spent: adds up what was spent so far, over all attempts.
      clock: monotonic seconds.
    """

    def __init__(self, budget: Spent, spent: Callable[[], Spent], clock: Callable[[], float] = time.monotonic) -> None:
        self._budget = budget
        self._spent = spent
        self._clock = clock
        self._looked = clock()

    def __call__(self) -> None:
        """Raise `OverBudget` with the rule's sentence when a budget is used up."""
        if self._budget == Spent() or self._clock() - self._looked < BUDGET_EVERY_S:
            return
        self._looked = self._clock()
        if over := over_budget(self._spent(), self._budget):
            raise OverBudget(over)
