"""Table of the rounds of a STaR run: how good the model was, and what became of its solutions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factory.self_training.training import BY_HAND
from pipelines.fine_tuning.report import by_hand_lines
from pipelines.rounds.journal import Facts
from pipelines.rounds.summary import cost_cells, row_name
from pipelines.rounds.tables import aligned
from pipelines.self_training.plot import measures

_HEAD = ("", "greedy", "pass@1", "pass@k", "kept", "hinted", "rejected", "loss", "seconds")


def round_lines(rounds: Mapping[int | None, Mapping[str, Facts]]) -> list[str]:
    """Return one row per round, then why solutions were rejected, counted over all rounds."""
    models = {who for phases in rounds.values() for who in _scores(phases)}
    rows = [_HEAD, *(row for round_, phases in rounds.items() for row in _rows(round_, phases, len(models) > 1))]
    by_hand = sum(phases.get("train", {}).get(BY_HAND, 0) for phases in rounds.values())
    return aligned(rows) + _reasons(rounds) + by_hand_lines(by_hand)


def _scores(phases: Mapping[str, Facts]) -> dict[str, Any]:
    """Return the scores of an evaluation by model; counts stand beside them."""
    return {who: scores for who, scores in phases.get("evaluate", {}).items() if isinstance(scores, dict)}


def _rows(round_: int | None, phases: Mapping[str, Facts], several: bool) -> list[tuple[str, ...]]:
    """Return one row per model that was evaluated; a round under way shows what is known of it."""
    scores = _scores(phases)
    kept, trained = phases.get("keep", {}), phases.get("train", {})
    name = row_name(round_)
    loss = trained.get("loss_last")
    made = (
        f"{kept['kept']:,}" if kept else "–",
        f"{kept['kept_hinted']:,}" if kept else "–",
        f"{sum(kept['rejected'].values()) + sum(kept['rejected_hinted'].values()):,}" if kept else "–",
        f"{loss:.3f}" if loss is not None else "–",
        cost_cells(phases)[-1],
    )
    if not scores:
        return [(name, "–", "–", "–", *made)]
    return [(f"{name} {who}" if several else name, *_shares(measured), *made) for who, measured in scores.items()]


def _shares(scores: dict[str, Any]) -> tuple[str, ...]:
    """Return the cells of one evaluation: greedy accuracy with its standard error, pass@1, pass@k."""
    (_, greedy, error), *passed = measures(scores)
    first, last = passed[0], passed[-1]
    return f"{greedy:.1%} ± {error or 0:.1%}", f"{first[1]:.1%}", f"{last[1]:.1%} (k={last[0].partition('@')[2]})"


def _reasons(rounds: Mapping[int | None, Mapping[str, Facts]]) -> list[str]:
    """Return why solutions were rejected, counted over all rounds, the most frequent reason first."""
    lines = []
    # Solutions that were written with a hint are counted apart: some reasons exist for them only.
    for key, name in (("rejected", "rejected"), ("rejected_hinted", "hinted, rejected")):
        total: dict[str, int] = {}
        for phases in rounds.values():
            for reason, count in phases.get("keep", {}).get(key, {}).items():
                total[reason] = total.get(reason, 0) + count
        if total:
            listed = ", ".join(
                f"{count:,} {reason}" for reason, count in sorted(total.items(), key=lambda item: -item[1])
            )
            lines.append(f"{name:<17}{listed}")
    return lines
