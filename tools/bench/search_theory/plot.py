"""Plot of the searches: best of N against its laws, and accuracy at equal budget by verifier."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def accuracies(best_of_n: Sequence[dict[str, Any]], equal_budget: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw two panels: accuracy over N with the law as a line; accuracy of each search by verifier.

    Args:
      best_of_n: figures of best of N, as `tools.bench.search_theory` makes them.
      equal_budget: figures of the searches at equal budget.
      path: PNG file to write.
    """
    # Imported here: the benchmark runs without matplotlib when no plot is asked for.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    over_n, by_verifier = figure.subplots(1, 2)
    # Panel 1: dots are measured, lines are laws.
    for name in dict.fromkeys(row["name"] for row in best_of_n):
        rows = [row for row in best_of_n if row["name"] == name]
        amounts = [int(row["group"]) for row in rows]
        dots = over_n.errorbar(
            amounts, [row["accuracy"] for row in rows], [3 * row["error"] for row in rows], fmt="o", label=name
        )
        over_n.plot(amounts, [row["law"] for row in rows], color=dots.lines[0].get_color(), linewidth=1)
    over_n.set_xscale("log", base=2)
    over_n.xaxis.set_major_formatter("{x:g}")
    over_n.set_xlabel("N (bars: 3 standard errors; lines: law)")
    # Panel 2: a verifier at each place, a search in each colour.
    groups = list(dict.fromkeys(row["group"] for row in equal_budget))
    names = list(dict.fromkeys(row["name"] for row in equal_budget))
    for number, name in enumerate(names):
        rows = [row for row in equal_budget if row["name"] == name]
        places = [groups.index(row["group"]) + 0.11 * (number - len(names) / 2) for row in rows]
        heights, errors = [row["accuracy"] for row in rows], [3 * row["error"] for row in rows]
        by_verifier.errorbar(places, heights, errors, fmt="o", label=name)
    by_verifier.set_xticks(range(len(groups)), [group.replace(", ", ",\n") for group in groups], fontsize="small")
    for axes in (over_n, by_verifier):
        axes.set_ylim(-0.02, 1.02)
        axes.grid(visible=True, alpha=0.3)
        axes.legend(fontsize="x-small")
    over_n.set_ylabel("accuracy")
    figure.savefig(path, dpi=80)
