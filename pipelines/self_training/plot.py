"""Picture of a STaR run: accuracy on the held-out questions, before the first round and after each."""

from __future__ import annotations

from typing import Any

from factory.storage.store import Store
from pipelines.rounds.journal import RoundJournal
from pipelines.rounds.tables import save_plot
from pipelines.self_training.journal import PHASES

PLOT = "accuracy.png"


def save_accuracies(store: Store, journal: RoundJournal) -> None:
    """Draw one line per model and measure, with standard errors, into `PLOT` in a STaR run's folder."""
    save_plot(store, PLOT, lines_of(journal), x="rounds of training", y="share of held-out questions")


def lines_of(journal: RoundJournal) -> dict[str, list[tuple[int, float, float]]]:
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
