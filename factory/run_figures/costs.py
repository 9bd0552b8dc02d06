"""Cost of a run: calls, tokens and money by role and model, and time spent on questions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow.compute as pc

from factory.records.role_costs import AMOUNTS, WHO
from factory.run_figures.flat_rows import FlatRows, numbers
from factory.run_figures.grouped import Sums

TOTALS = ("policy_calls", "label_calls", "judge_calls", "prompt_tokens", "cached_tokens", "completion_tokens")


class Costs:
    """Sums of costs. Rows of schema 1 to 3 asked only the policy, and do not name it."""

    COLUMNS = (
        *(f"cost.{name}" for name in (*TOTALS, "label_tokens", "judge_tokens", "seconds", "money")),
        "cost.roles",
    )

    def __init__(self) -> None:
        self._by_role = Sums(WHO, AMOUNTS)
        self._total = dict.fromkeys((*TOTALS, "label_tokens", "judge_tokens", "seconds", "money"), 0.0)

    def add(self, rows: FlatRows) -> None:
        """Add some rows."""
        for name in self._total:
            self._total[name] += float(numbers(rows.of_questions(f"cost.{name}")).sum(dtype=np.float64))
        entries, _ = rows.items("cost.roles")
        if len(entries):
            # Whoever does not say is "" in records of this version, null in some others.
            who = {name: pc.fill_null(entries.field(name), "") for name in WHO}
            self._by_role.add(who, {name: entries.field(name) for name in AMOUNTS})

    def figures(self) -> dict[str, Any]:
        """Return a row per role and model, and the totals."""
        total = {name: value if name in ("seconds", "money") else int(value) for name, value in self._total.items()}
        return {"by_role": self._by_role.rows(), "total": total}
