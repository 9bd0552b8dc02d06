"""Figures of `tools/bench/writer.py`: medians and ratios over its rounds, and the tables that it prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from rich.table import Table

# Each side, and the plain one it is compared with: a ratio is plain's time to its own, so more is better.
RATIOS = {"commit": "plain", "actor": "plain", "commit from batches": "plain from batches"}


@dataclass(frozen=True)
class TimeSpent:
    """Time of some work: `seconds` by the clock, `cpu_s` of CPU in this process and in the writer."""

    seconds: float
    cpu_s: float


def figures_of(
    rounds: Sequence[dict[str, TimeSpent]], steps: Sequence[dict[str, TimeSpent]], n_rows: int, arrow_bytes: int
) -> dict[str, Any]:
    """Return medians over the rounds.

    Ratios are made within each round, because a machine's load changes between rounds.

    Args:
      rounds: time by side, one entry per round.
      steps: time by part of a commit, one entry per round.
      n_rows: rows that a side writes in a round.
      arrow_bytes: size of these rows in memory, in bytes.

    Returns:
      Values that JSON can hold; times are per row, in milliseconds, or rates per second.
    """

    def mid(side: str, field: str, of: Sequence[dict[str, TimeSpent]] = rounds) -> float:
        """Return the median of a field over the rounds."""
        return float(median(getattr(each[side], field) for each in of))

    def ratio(ours: str, plain: str, field: str) -> float:
        """Return the median ratio of plain's time to ours."""
        return round(float(median(getattr(each[plain], field) / getattr(each[ours], field) for each in rounds)), 3)

    return {
        "rows": n_rows,
        "rounds": len(rounds),
        "arrow_bytes_per_row": round(arrow_bytes / n_rows),
        "sides": {
            side: {
                "rows_per_s": round(n_rows / mid(side, "seconds"), 1),
                "arrow_mb_per_s": round(arrow_bytes / 2**20 / mid(side, "seconds"), 2),
                "cpu_ms_per_row": round(1000 * mid(side, "cpu_s") / n_rows, 4),
            }
            for side in rounds[0]
        },
        "ratio": {ours: ratio(ours, plain, "seconds") for ours, plain in RATIOS.items()},
        "cpu_ratio": {ours: ratio(ours, plain, "cpu_s") for ours, plain in RATIOS.items()},
        "breakdown_ms_per_row": {
            name: {
                "seconds": round(1000 * mid(name, "seconds", steps) / n_rows, 4),
                "cpu_s": round(1000 * mid(name, "cpu_s", steps) / n_rows, 4),
            }
            for name in steps[0]
        },
    }


def tables(figures: dict[str, Any]) -> list[Table]:
    """Return two tables: the sides, then where our time goes."""
    columns = ("rows_per_s", "arrow_mb_per_s", "cpu_ms_per_row", "stored_bytes_per_row")
    sides = Table("side", "rows/s", "Arrow MB/s", "CPU ms/row", "stored bytes/row", "ratio", "CPU ratio")
    # A side without files of its own or without a counterpart has empty cells.
    for side, measures in figures["sides"].items():
        ratios = [figures[name].get(side, "") for name in ("ratio", "cpu_ratio")]
        sides.add_row(side, *(f"{measures[key]:,}" if key in measures else "" for key in columns), *map(str, ratios))
    steps = Table("step of commit", "ms/row", "CPU ms/row")
    for name, milliseconds in figures["breakdown_ms_per_row"].items():
        steps.add_row(name, *(f"{value:.3f}" for value in milliseconds.values()))
    return [sides, steps]
