"""Plots of benchmark figures. matplotlib comes with the `dev` extra."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def cost_and_exactness(rows: Sequence[dict[str, Any]], path: Path, title: str = "") -> None:
    """Draw one dot per labeller: completions per located first error against the share that is exact.

    Args:
      rows: figures of the labellers, as `tools.bench.step_labels` makes them.
      path: PNG file to write.
      title: stands above the plot.
    """
    # Imported here: the benchmark runs without matplotlib when no plot is asked for.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for row in rows:
        if row["completions_per_error"] is None:
            # A labeller that located nothing has no cost per error.
            continue
        axes.scatter(row["completions_per_error"], row["exact"], s=60, label=row["labeller"])
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_formatter("{x:g}")
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("completions per located first error")
    axes.set_ylabel("exact")
    axes.set_title(title)
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize="small", loc="lower right")
    figure.savefig(path, dpi=150)
