"""Picture of a STaR run: accuracy on the held-out questions, before the first round and after each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factory.storage.store import Store
from pipelines.rounds.journal import Facts, RoundJournal
from pipelines.rounds.tables import by_round, save_plot, training_loss
from pipelines.run.curves import Curve
from pipelines.self_training.journal import PHASES

PLOT = "accuracy.png"


def save_accuracies(store: Store, journal: RoundJournal) -> None:
    """Draw one line per model and measure, with standard errors, into `PLOT` in a STaR run's folder."""
    save_plot(store, PLOT, lines_of(journal), x="rounds of training", y="share of held-out questions")


def curves_of(journal: RoundJournal) -> list[Curve]:
    """Return accuracies, what became of the solutions of each round, and the loss of its training."""

    def made(phases: Mapping[str, Facts]) -> dict[str, float | None]:
        kept = phases.get("keep")
        if kept is None:
            return {}
        rejected = sum(kept["rejected"].values()) + sum(kept["rejected_hinted"].values())
        return {"kept": kept["kept"], "kept, written with a hint": kept["kept_hinted"], "rejected": rejected}

    return [
        Curve(
            title="Accuracy on held-out questions",
            caption="Share of the held-out questions answered right after so many rounds of training: at temperature 0 "
            "(greedy), by one sample (pass@1), by any of k.",
            x="rounds of training",
            y="share right",
            lines=lines_of(journal),
        ),
        Curve(
            title="Solutions of each round",
            caption="Solutions that were kept to train on, those of them that were written with the answer as a hint, "
            "and those that were rejected.",
            x="round",
            y="solutions",
            lines=by_round(journal, made),
            shares=False,
        ),
        training_loss(journal, "Training loss"),
    ]


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
