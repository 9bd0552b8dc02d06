"""Parts on step labels: their balance, where first errors lie, how sure they are, what other sources said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.report.blocks import NUMBER, SHARE, TEXT, Chart, Column, Part, Table, those_with

Figures = Mapping[str, Any]

_LABELS = (
    Column(name="right", key="right", series="good"),
    Column(name="wrong", key="wrong", series="bad"),
    Column(name="withheld", key="withheld", series="series-6"),
)


def labels(figures: Figures) -> Part | None:
    """Return the balance of labels and the places of first errors; None where nobody has labelled anything."""
    balance, errors = figures["label_balance"], figures["first_errors"]
    located = sum(row["first_errors"] for row in errors["by_place"])
    if not balance["by_labeller"] and not located:
        return None
    charts = []
    if balance["by_place"]:
        charts.append(
            Chart(
                title="Labels by place",
                caption="Steps by their place in the solution. Labels are withheld where the evidence is too thin.",
                table=Table(
                    caption="Labelled steps by place in the solution (the last row stands for all later ones, too)",
                    columns=[Column(name="step", key="place"), *_LABELS],
                    rows=balance["by_place"],
                ),
                kind="stacked",
                x="step",
                y="steps",
            )
        )
    if located:
        charts += _places(errors)
    known = [{**row, "answer": f"{row['answer']} answer"} for row in errors["known"]]
    labeller = [Column(name="labeller", key="labeller", kind=TEXT), Column(name="steps", key="steps")]
    return Part(
        anchor="labels",
        title="Step labels",
        lead=f"{located:,} first errors are located. " + _balance(balance["by_labeller"]),
        charts=charts,
        tables=[
            Table(
                caption="Labelled steps by labeller",
                columns=[*labeller, *(Column(name=one.name, key=one.key) for one in _LABELS)],
                rows=balance["by_labeller"],
            ),
            Table(
                caption="What is known of the steps of judged solutions",
                columns=[
                    Column(name="answer", key="answer", kind=TEXT),
                    Column(name="first error", key="known", kind=TEXT),
                    Column(name="solutions", key="solutions"),
                ],
                rows=known,
            ),
        ],
    )


def _balance(rows: list[dict[str, Any]]) -> str:
    right, wrong, withheld = (sum(row[key] for row in rows) for key in ("right", "wrong", "withheld"))
    whole = right + wrong + withheld
    if not whole:
        return ""
    return (
        f"Of {whole:,} steps {right / whole:.0%} are labelled right, {wrong / whole:.0%} wrong, "
        f"{withheld / whole:.0%} not."
    )


def _places(errors: Mapping[str, Any]) -> list[Chart]:
    """Return the two pictures of where first errors lie."""
    count = Column(name="first errors", key="first_errors", series="bad")
    return [
        Chart(
            title="First errors by step",
            caption="Number of the step at which the first error was made, from 1.",
            table=Table(
                caption="First errors by step",
                columns=[Column(name="step", key="step"), count],
                rows=errors["by_place"],
            ),
            x="step",
            y="first errors",
        ),
        Chart(
            title="First errors by share of the solution",
            caption="How far into the solution the first error was made: the middle of its step, in tenths.",
            table=Table(
                caption="First errors by share of the solution",
                columns=[Column(name="share of the solution", key="share", kind=TEXT), count],
                rows=errors["by_share"],
            ),
            x="share of the solution",
            y="first errors",
        ),
    ]


def confidence(figures: Figures) -> Part | None:
    """Return how sure labels are, and how often they are right by later evidence; None without labels."""
    sure = figures["confidence"]
    if not sure["given"]:
        return None
    charts = [
        Chart(
            title="How sure the labels say they are",
            caption="Labels by the probability that the labeller gives them of being right.",
            table=Table(
                caption="Labels by confidence",
                columns=[
                    Column(name="confidence", key="confidence", kind=TEXT),
                    Column(name="labelled right", key="right", series="good"),
                    Column(name="labelled wrong", key="wrong", series="bad"),
                ],
                rows=sure["given"],
            ),
            kind="stacked",
            x="confidence",
            y="labels",
        )
    ]
    charts += [_calibration(one) for one in sure["against"] if one["labels"]]
    nothing = [one["evidence"] for one in sure["against"] if not one["labels"]]
    remarks = [
        f"{name} holds none of these solutions with a first error, so it says nothing of them." for name in nothing
    ]
    remarks += [f"By {one['evidence']}, {one['said']}." for one in sure["against"] if "said" in one]
    if not sure["against"]:
        remarks.append(
            "Nothing in this folder says whether these labels are right: their evidence is in them already. To see "
            "it, name a folder in which people, or more rollouts, have labelled the same solutions: "
            "factory report RUN_DIR --against OTHER_DIR; or judge some steps yourself: factory view RUN_DIR --annotate."
        )
    return Part(
        anchor="confidence",
        title="Confidence of the labels",
        lead=f"A label says on average that it is right with a probability of {sure['mean']:.1%}."
        + "".join(
            f" By {one['evidence']}, {one['right'] / one['labels']:.1%} of {one['labels']:,} labels are."
            for one in sure["against"]
            if one["labels"]
        ),
        charts=charts,
        remarks=remarks,
    )


def _calibration(one: Mapping[str, Any]) -> Chart:
    return Chart(
        title=f"Labels against {one['evidence']}",
        caption="Each point is the labels of one class of confidence; its height is how many the later evidence "
        f"confirms, up to and at its first error. On the dashed line labels are as sure as they are right. Mean gap: "
        f"{one['error']:.1%}.",
        table=Table(
            caption=f"Labels judged by {one['evidence']}",
            columns=[
                Column(name="mean confidence", key="mean_confidence", kind=SHARE),
                Column(name="confirmed", key="share_right", kind=SHARE, series="series-1"),
                Column(name="labels", key="labels", kind=NUMBER),
            ],
            rows=one["rows"],
        ),
        kind="calibration",
        x="confidence",
    )


def sources(figures: Figures) -> Part | None:
    """Return what other sources said; None where nobody was asked."""
    rows = figures["sources"]["rows"]
    if not rows:
        return None
    rows = [{**row, "agreement": row["same"] / row["labelled"] if row["labelled"] else None} for row in rows]
    names = (
        "label's first error",
        "an earlier step",
        "a later step",
        "no error, where one is",
        "an error, where none is",
    )
    keys = ("same", "early", "late", "missed", "false_alarms")
    colours = ("good", "series-5", "series-2", "series-6", "bad")
    said = [Column(name=name, key=key, series=colour) for name, key, colour in zip(names, keys, colours, strict=True)]
    return Part(
        anchor="sources",
        title="What critics and equations said",
        lead="Opinions on where the first error lies, held against the label that was given. The labeller has weighed "
        "them, so agreement says how much a source was believed, not how often it is right.",
        charts=[
            Chart(
                title="Opinions against labels",
                caption="Opinions on solutions whose first error is labelled (or that are labelled free of errors).",
                table=Table(
                    caption="Opinions by source",
                    columns=[
                        Column(name="source", key="source", kind=TEXT),
                        *those_with(said, rows),
                        Column(name="opinions", key="opinions"),
                        Column(name="agreement", key="agreement", kind=SHARE),
                    ],
                    rows=rows,
                ),
                kind="stacked",
                y="opinions",
                lying=True,
            )
        ],
    )
