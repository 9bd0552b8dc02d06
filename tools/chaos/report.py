"""Report of a chaos run: figures for the JSON file, and the table that is printed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

# Figures that are printed, as far as a campaign has them.
TOTALS = (
    "questions",
    "units",
    "kills",
    "attempts",
    "attempts_ended_with_an_error",
    "seconds",
    "nodes_used_at_a_time",
    "answers",
    "questions_moved",
    "units_lost_with_their_worker",
    "questions_worked_on_twice",
)


def recoveries(roles: Sequence[str], made: Sequence[tuple[str, float | None]]) -> dict[str, dict[str, float | None]]:
    """Return by role the number of kills, and the seconds until recovery (median, 90th percentile, longest).

    `made`: role and seconds of each kill; None where there was no recovery.
    """
    by_role: dict[str, dict[str, float | None]] = {}
    for role in roles:
        mine = [seconds for of, seconds in made if of == role]
        times = sorted(seconds for seconds in mine if seconds is not None)
        by_role[role] = {
            "kills": len(mine),
            "median_s": round(statistics.median(times), 2) if times else None,
            "p90_s": round(percentile(times, 0.9), 2) if times else None,
            "max_s": round(times[-1], 2) if times else None,
        }
    return by_role


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that is at least as large as a share of all (nearest rank)."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def faultless(figures: Mapping[str, Any]) -> bool:
    """Return True when everything that has to be zero is zero."""
    return not any(figures["faults"].values())


def show(figures: Mapping[str, Any], console: Console, *, most: int = 5) -> None:
    """Print the table, the totals, and the first `most` errors of drivers and faults of each kind."""
    table = Table("role", *(("kills", "median s", "p90 s", "max s")), title="kills and recovery")
    for role, row in figures["roles"].items():
        table.add_row(role, *("" if value is None else f"{value:g}" for value in row.values()))
    console.print(table)
    for name in TOTALS:
        if name in figures:
            console.print(f"{name:30} {figures[name]:,}")
    for kind, count in figures["faults"].items():
        console.print(f"{kind:30} {count:,}")
    for error in figures["errors"][:most]:
        console.print(error, markup=False, soft_wrap=True)
    for kind, examples in figures["examples"].items():
        for example in examples[:most]:
            console.print(f"{kind}: {example}", markup=False, soft_wrap=True)
