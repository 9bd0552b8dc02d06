"""Tables of rounds for a terminal, and the picture of a measure over the rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO

from factory.storage.store import Store

Points = Sequence[tuple[float, float, float]]
"""Points of a line: place, value, standard error."""


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows of a table, the head first, with the first column to the left and the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def save_plot(store: Store, name: str, lines: Mapping[str, Points], *, x: str, y: str) -> None:
    """Draw one line per label, with standard errors, and overwrite a file with it.

    Args:
      store: the run's folder.
      name: file to overwrite, a PNG.
      lines: points by label.
      x, y: labels of the axes; values go from 0 to 1.
    """
    # Matplotlib takes a second to import, and few commands draw.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for label, points in lines.items():
        places, values, errors = zip(*points, strict=True)
        axes.errorbar(places, values, yerr=errors, marker="o", capsize=3, label=label)
    axes.set_ylim(0, 1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize="small", loc="lower right")
    image = BytesIO()
    figure.savefig(image, dpi=150, format="png")
    store.replace(name, image.getvalue())
