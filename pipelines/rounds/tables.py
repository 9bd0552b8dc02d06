"""Tables of rounds for a terminal, and the picture of a measure over the rounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO

from factory.storage.store import Store
from pipelines.rounds.journal import Facts, RoundJournal
from pipelines.run.curves import Curve, Point

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


def by_round(
    journal: RoundJournal, values: Callable[[Mapping[str, Facts]], Mapping[str, float | None]]
) -> dict[str, list[Point]]:
    """Return the points of lines over the rounds; the time before the first round has none.

    Args:
      journal: facts of the phases that are done.
      values: says the values of a round by label, from its phases; None for one that is not known.
    """
    lines: dict[str, list[Point]] = {}
    for round_, phases in journal.by_round().items():
        for label, value in values(phases).items():
            if value is not None and round_ is not None:
                lines.setdefault(label, []).append((float(round_), float(value), None))
    return lines


def training_loss(journal: RoundJournal, title: str) -> Curve:
    """Return the loss at the end of each round's phase `train` as a curve with a title."""
    return Curve(
        title=title,
        caption="Loss at the end of each round's training.",
        x="round",
        y="loss",
        lines=by_round(journal, lambda phases: {"loss": phases.get("train", {}).get("loss_last")}),
        shares=False,
    )


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
