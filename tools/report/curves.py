"""Part on how the run has come along: curves over rounds, or of methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.report.blocks import NUMBER, SHARE, Chart, Column, Part, Table


def curves(figures: Mapping[str, Any]) -> Part | None:
    """Return the curves that the run's pipeline has; None where it has none."""
    if figures["no_curves"]:
        return Part(
            anchor="rounds", title="Rounds", lead="", remarks=[f"There are no curves here: {figures['no_curves']}"]
        )
    if not figures["curves"]:
        return None
    return Part(
        anchor="rounds",
        title="Rounds" if figures["about"].get("pipeline") != "compare_methods" else "Methods",
        lead="How the run has come along so far.",
        charts=[_chart(curve) for curve in figures["curves"]],
    )


def _chart(curve: Mapping[str, Any]) -> Chart:
    """Return a curve's chart: a column per line, a row per place."""
    kind = SHARE if curve["shares"] else NUMBER
    rows: dict[float, dict[str, Any]] = {}
    for label, points in curve["lines"].items():
        for place, value, error in points:
            rows.setdefault(place, {"x": place}).update({label: value, f"error of {label}": error})
    return Chart(
        title=curve["title"],
        caption=curve["caption"],
        table=Table(
            caption=f"{curve['title']}, with standard errors where they are known",
            columns=[
                Column(name=curve["x"], key="x"),
                *(
                    Column(
                        name=label, key=label, kind=kind, series=f"series-{index % 8 + 1}", error=f"error of {label}"
                    )
                    for index, label in enumerate(curve["lines"])
                ),
            ],
            rows=[rows[place] for place in sorted(rows)],
        ),
        kind="lines",
        x=curve["x"],
        y=curve["y"],
        by_value=True,
    )
