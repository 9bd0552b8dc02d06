"""Picture of a comparison: share of questions answered right against tokens, with standard errors."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from factory.evaluation.method_comparison import Row


def drawn(rows: Sequence[Row]) -> bytes:
    """Return a PNG with one line or dot per method."""
    # Matplotlib takes a second to import, and few commands draw.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name in dict.fromkeys(row.measured.method for row in rows):
        own = sorted((row for row in rows if row.measured.method == name), key=lambda row: row.tokens)
        axes.errorbar(
            [row.tokens for row in own],
            [row.result.accuracy for row in own],
            yerr=[row.result.error or 0.0 for row in own],
            marker="o",
            capsize=3,
            label=name,
        )
    # Amounts are doubled rather than added to; where all spend nothing a logarithm has no place for them.
    if all(row.tokens > 0 for row in rows):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:,g}")
        axes.xaxis.set_minor_formatter("{x:,g}")
    axes.set_xlabel("tokens per question")
    axes.set_ylabel("share of questions answered right")
    axes.grid(visible=True, alpha=0.3, which="both")
    axes.legend(fontsize="small")
    image = BytesIO()
    figure.savefig(image, dpi=150, format="png")
    return image.getvalue()
