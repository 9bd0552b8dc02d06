"""Picture of a STaR run: accuracy on the held-out questions, before the first round and after each."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from factory.storage.store import Store
from pipelines.self_training.journal import PHASES, Journal


def save_accuracies(store: Store, name: str, journal: Journal) -> None:
    """Draw one line per model and measure, with standard errors.

    Args:
      store: the STaR run's folder.
      name: file to overwrite, a PNG.
      journal: facts of all finished phases.
    """
    # Matplotlib takes a second to import, and few commands draw.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for label, points in lines_of(journal).items():
        rounds, values, errors = zip(*points, strict=True)
        axes.errorbar(rounds, values, yerr=errors, marker="o", capsize=3, label=label)
    axes.set_ylim(0, 1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("rounds of training")
    axes.set_ylabel("share of held-out questions")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize="small", loc="lower right")
    image = BytesIO()
    figure.savefig(image, dpi=150, format="png")
    store.replace(name, image.getvalue())


def lines_of(journal: Journal) -> dict[str, list[tuple[int, float, float]]]:
    """Return points (rounds done, share, standard error), by model and measure."""
    lines: dict[str, list[tuple[int, float, float]]] = {}
    for round_, phases in journal.by_round().items():
        for who, scores in phases.get(PHASES[-1], {}).items():
            if not isinstance(scores, dict):
                continue
            for label, value, error in measures(scores):
                point = (0 if round_ is None else round_ + 1, value, error or 0.0)
                lines.setdefault(f"{who}, {label}", []).append(point)
    return lines


def measures(scores: dict[str, Any]) -> list[tuple[str, float, float | None]]:
    """Return (name, share, standard error) of the measures of one evaluation: greedy accuracy, pass@1, pass@k."""
    greedy, sampled = scores["greedy"], scores["sampled"]
    passed = [
        (f"pass@{k}", value, sampled["pass_at_error"][k])
        for k, value in sorted(sampled["pass_at"].items(), key=lambda item: int(item[0]))
    ]
    return [("greedy", greedy["accuracy"], greedy["accuracy_error"]), *passed]
