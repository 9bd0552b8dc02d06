"""Parts on what became of the solutions: yields, accuracy, how far the samples agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factory.run_figures.flat_rows import OUTCOMES
from tools.report.blocks import NUMBER, SHARE, TEXT, Chart, Column, Part, Table, those_with

Figures = Mapping[str, Any]

_NAMES = {"correct": "right", "incorrect": "wrong", "truncated": "cut off", "timeout": "checker time-out"}
_COLOURS = {"correct": "good", "incorrect": "bad", "unparsable": "unsure", "truncated": "series-6"}
_WAYS = {"rollout": "rollouts for labels", "given": "given with the questions", "imported": "imported"}


def yields(figures: Figures) -> Part:
    """Return the yields by folder, method, round and role."""
    rows = [
        {**row, "name": _name(row), "method": _WAYS.get(row["method"], row["method"])}
        for row in figures["yields"]["rows"]
    ]
    total = figures["yields"]["total"]
    outcomes = [Column(name=_NAMES.get(name, name), key=name, series=_COLOURS.get(name, "")) for name in OUTCOMES]
    drawn = [Column(name="solutions of", key="name", kind=TEXT), *those_with(outcomes, rows)]
    where = [Column(name=name, key=key, kind=TEXT) for name, key in _WHERE]
    counts = [
        Column(name="texts", key="solutions"),
        Column(name="samples", key="written"),
        *(Column(name=column.name, key=column.key) for column in outcomes),
        Column(name="first errors located", key="first_errors"),
        Column(name="contradicted", key="contradicted"),
        Column(name="flawed, though right", key="flawed"),
        Column(name="accepted", key="accepted"),
    ]
    return Part(
        anchor="yields",
        title="Yields",
        lead=f"{total['solutions']:,} different solution texts of {total['questions']:,} questions; "
        f"{total['accepted']:,} are accepted: right, or wrong with the first wrong step located.",
        charts=[
            Chart(
                title="What became of the solutions",
                caption="Different texts by where they come from. What could not be judged (unparsable, cut off, a "
                "checker's time-out) is kept apart and never counts as wrong.",
                table=Table(caption="Solution texts by outcome", columns=drawn, rows=rows),
                kind="stacked",
                y="solutions",
                lying=True,
            )
        ],
        tables=[
            Table(
                caption="Yields by folder, method, round and role",
                columns=[*those_with(where, rows), *those_with(counts, rows)],
                rows=rows,
            )
        ],
        remarks=_parts_remark(figures),
    )


def _parts_remark(figures: Figures) -> list[str]:
    """Return what to say of a folder that holds several runs."""
    parts = figures["read"]["parts"]
    if len(parts) < 2:
        return []
    folder = f"{figures['about']['folder']}/{parts[0]}"
    return [f"{len(parts):,} runs lie within this folder; all figures below are of them together. One alone: {folder}"]


_WHERE = (("folder", "part"), ("method", "method"), ("round", "round"), ("role", "role"))


def _name(row: Mapping[str, Any]) -> str:
    """Return what a bar stands for."""
    method = _WAYS.get(row["method"], row["method"]) or "unknown"
    role = f", {row['role']}" if row["role"] not in (None, "policy") else ""
    return f"{row['part'] + ': ' if row['part'] else ''}{method}{role}" + (
        f", round {row['round']}" if row["round"] else ""
    )


def accuracy(figures: Figures) -> Part | None:
    """Return the accuracy by level and source, how hard the questions are, and the agreement; None without samples."""
    scores = figures["accuracy"]
    if not scores["by_source"]:
        return None
    charts = [
        _accuracy_chart(scores[key], name)
        for key, name in (("by_level", "level"), ("by_source", "source"))
        if len(scores[key]) > 1
    ]
    charts.append(
        Chart(
            title="How hard the questions are for the policy",
            caption="Questions by the share of their samples that is right. Those in the middle teach most: the policy "
            "can solve them, and often does not.",
            table=Table(
                caption="Questions by the share of samples that is right",
                columns=[
                    Column(name="share right", key="share", kind=TEXT),
                    Column(name="questions", key="questions", series="series-1"),
                ],
                rows=scores["hardness"],
            ),
            x="share of samples that is right",
            y="questions",
        )
    )
    agreement = figures["agreement"]
    if agreement["rows"]:
        charts.append(_agreement_chart(agreement))
    rows = scores["by_source_and_level"]
    keys = ("samples", "right", "solved", "questions")
    samples, right, solved, questions = (sum(row[key] for row in scores["by_source"]) for key in keys)
    return Part(
        anchor="accuracy",
        title="Accuracy of the policy",
        lead=f"{right / samples:.1%} of {samples:,} independent samples are right; "
        f"{solved:,} of {questions:,} "
        "questions were solved at least once. Guided solutions, rollouts for labels and hinted ones are no samples.",
        charts=charts,
        tables=[
            Table(
                caption="Accuracy by source and level",
                columns=those_with(
                    [
                        Column(name="source", key="source", kind=TEXT),
                        Column(name="level", key="level", kind=TEXT),
                        Column(name="questions", key="questions"),
                        Column(name="solved at least once", key="share_solved", kind=SHARE),
                        Column(name="samples", key="samples"),
                        Column(name="right", key="right"),
                        Column(name="wrong", key="wrong"),
                        Column(name="accuracy", key="accuracy", kind=SHARE),
                    ],
                    rows,
                ),
                rows=rows,
            )
        ],
    )


def _accuracy_chart(rows: list[dict[str, Any]], by: str) -> Chart:
    rows = [{**row, by: row[by] if row[by] is not None else "not said"} for row in rows]
    return Chart(
        title=f"Accuracy by {by}",
        caption=f"Share of the samples that is right, and of the questions that were solved at least once, by {by}.",
        table=Table(
            caption=f"Accuracy by {by}",
            columns=[
                Column(name=by, key=by, kind=TEXT),
                Column(name="samples right", key="accuracy", kind=SHARE, series="series-1"),
                Column(name="questions solved", key="share_solved", kind=SHARE, series="series-3"),
                Column(name="questions", key="questions"),
                Column(name="samples", key="samples"),
            ],
            rows=rows,
        ),
        x="" if by == "source" else by,
        # Names of files are longer than levels.
        lying=by == "source",
    )


def _agreement_chart(agreement: Mapping[str, Any]) -> Chart:
    error = agreement["calibration_error"]
    return Chart(
        title="How far the samples' agreement can be trusted",
        caption="Each point is the questions of which the most frequent answer has such a share of the samples; its "
        "height is how often that answer is right. On the dashed line agreement means what it says; below it, samples "
        f"agree on wrong answers. Mean gap: {error:.1%}.",
        table=Table(
            caption="Questions by the share of samples that give the most frequent answer",
            columns=[
                Column(name="mean agreement", key="mean_agreement", kind=SHARE),
                Column(name="answer right", key="share_right", kind=SHARE, series="series-1"),
                Column(name="questions", key="questions", kind=NUMBER),
            ],
            rows=agreement["rows"],
        ),
        kind="calibration",
        x="share of samples that agree",
    )
