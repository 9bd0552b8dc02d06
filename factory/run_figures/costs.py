"""Cost of a run: calls, tokens and money by role and model, and time spent on questions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow.compute as pc

from factory.records.role_costs import AMOUNTS, WHO
from factory.run_figures.flat_rows import FlatRows, is_null, numbers
from factory.run_figures.grouped import Sums
from factory.types import POLICY

TOTALS = ("policy_calls", "label_calls", "judge_calls", "prompt_tokens", "cached_tokens", "completion_tokens")


_UNNAMED = {
    POLICY: ("policy_calls", "prompt_tokens", "cached_tokens", "completion_tokens", "money"),
    "judge": ("judge_calls", None, None, "judge_tokens", None),
}
"""Columns of what each role has cost in rows that name none, in the order of `AMOUNTS`; None where they do not say."""
_PER_PART = ("policy_calls", "prompt_tokens", "completion_tokens", "seconds", "money")


class Costs:
    """Sums of costs. Rows of schema 1 to 3 asked only the policy, and a judge, and do not name the models."""

    COLUMNS = (
        *(f"cost.{name}" for name in (*TOTALS, "label_tokens", "judge_tokens", "seconds", "money")),
        "cost.roles",
    )

    def __init__(self) -> None:
        self._by_role = Sums(WHO, AMOUNTS)
        self._by_part = Sums(("part",), _PER_PART)
        self._total = dict.fromkeys((*TOTALS, "label_tokens", "judge_tokens", "seconds", "money"), 0.0)

    def add(self, rows: FlatRows) -> None:
        """Add some rows."""
        for name in self._total:
            self._total[name] += float(numbers(rows.of_questions(f"cost.{name}")).sum(dtype=np.float64))
        amounts = {name: numbers(rows.of_questions(f"cost.{name}")) for name in _PER_PART}
        self._by_part.add({"part": rows.part}, amounts)
        entries, _ = rows.items("cost.roles")
        if len(entries):
            # Whoever does not say is "" in records of this version, null in some others.
            who = {name: pc.fill_null(entries.field(name), "") for name in WHO}
            self._by_role.add(who, {name: entries.field(name) for name in AMOUNTS})
        self._add_unnamed(rows)

    def figures(self) -> dict[str, Any]:
        """Return a row per role and model, a row per folder, and the totals."""
        total = {name: value if name in ("seconds", "money") else int(value) for name, value in self._total.items()}
        return {"by_role": self._by_role.rows(), "by_part": self._by_part.rows(), "total": total}

    def _add_unnamed(self, rows: FlatRows) -> None:
        """Add what rows that name no role have cost, under the role that they can only mean."""
        unnamed = is_null(rows.of_questions("cost.roles"))
        if not unnamed.any():
            return
        for role, names in _UNNAMED.items():
            sums = [
                float(numbers(rows.of_questions(f"cost.{name}"))[unnamed].sum(dtype=np.float64)) if name else 0.0
                for name in names
            ]
            if any(sums):
                whole = [amount if name == "money" else int(amount) for name, amount in zip(AMOUNTS, sums, strict=True)]
                self._by_role.count((role, "", "", ""), whole)
