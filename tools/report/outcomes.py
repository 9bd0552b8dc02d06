"""Parts on what became of the solutions: yields, accuracy, how far the samples agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from factory.run_figures.flat_rows import OUTCOMES
from factory.run_figures.levels import OTHERS
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
    total, runs = figures["yields"]["total"], len(figures["read"]["parts"])
    accepted = f"{total['accepted']:,} are accepted" if runs == 1 else "those accepted are given by run"
    outcomes = [Column(name=_NAMES.get(name, name), key=name, series=_COLOURS.get(name, "")) for name in OUTCOMES]
    drawn = [Column(name="solutions of", key="name", kind=TEXT), *those_with(outcomes, rows)]
    where = [Column(name=name, key=key, kind=TEXT) for name, key in _WHERE]
    counts = [
        Column(name="texts", key="solutions"),
        Column(name="samples", key="written"),
        Column(name="written with a hint", key="hinted"),
        *(Column(name=column.name, key=column.key) for column in outcomes),
        Column(name="first errors located", key="first_errors"),
        Column(name="contradicted", key="contradicted"),
        Column(name="flawed, though right", key="flawed"),
        Column(name="accepted", key="accepted"),
    ]
    return Part(
        anchor="yields",
        title="Yields",
        lead=f"{total['solutions']:,} different solution texts of {total['questions']:,} questions"
        f"{f' in {runs:,} runs' * (runs > 1)}; {accepted}: right, or with the first wrong step located, each text once."
        + " Texts that were given count only where a labeller has worked on them here."
        * bool(total["given"]),
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
    )


_WHERE = (("folder", "part"), ("method", "method"), ("round", "round"), ("role", "role"))


def _name(row: Mapping[str, Any]) -> str:
    """Return what a bar stands for."""
    method = _WAYS.get(row["method"], row["method"]) or "unknown"
    role = f", {row['role']}" if row["role"] not in (None, "policy") else ""
    is_named = f"round_{row['round']}/" in f"{row['part']}/"
    round_ = f", round {row['round']}" if row["round"] and not is_named else ""
    return f"{row['part'] + ': ' if row['part'] else ''}{method}{role}{round_}"


def accuracy(figures: Figures) -> Part | None:
    """Return the accuracy by level and source, how hard the questions are, and the agreement; None without samples.

    Of several runs it is the accuracy and the agreement of each.
    """
    scores, agreement = figures["accuracy"], figures["agreement"]
    if not scores["by_part"]:
        return None
    if len(figures["read"]["parts"]) > 1:
        return _accuracy_of_runs(scores["by_part"], agreement["by_part"])
    charts = [
        _accuracy_chart(scores[key], name)
        for key, name in (("by_level", "level"), ("by_source", "source"))
        if len(scores[key]) > 1
    ]
    charts.append(_hardness_chart(scores["hardness"]))
    if agreement["rows"]:
        charts.append(_agreement_chart(agreement))
    [whole], rows = scores["by_part"], scores["by_source_and_level"]
    where = [Column(name="source", key="source", kind=TEXT), Column(name="level", key="level", kind=TEXT)]
    remarks = []
    if scores["levels_are_intervals"]:
        remarks.append("There are too many different numbers among the levels; they are put together in intervals.")
    if any(OTHERS in (row["source"], row["level"]) for row in rows):
        remarks.append(f'There are many sources or levels; those that came late are counted together as "{OTHERS}".')
    return Part(
        anchor="accuracy",
        title="Accuracy of the policy",
        lead=f"{whole['accuracy']:.1%} of {whole['samples']:,} independent samples of the policy are right; "
        f"{whole['solved']:,} of {whole['questions']:,} questions were solved at least once. {_NO_SAMPLES}",
        charts=charts,
        tables=[
            Table(caption="Accuracy by source and level", columns=those_with([*where, *_SCORES], rows), rows=rows),
        ],
        remarks=remarks,
    )


_NO_SAMPLES = "Guided, hinted and given solutions, rollouts for labels and what other roles wrote are no samples of it."
_SCORES = (
    Column(name="questions", key="questions"),
    Column(name="solved at least once", key="share_solved", kind=SHARE),
    Column(name="samples", key="samples"),
    Column(name="right", key="right"),
    Column(name="wrong", key="wrong"),
    Column(name="accuracy", key="accuracy", kind=SHARE),
)


def _accuracy_of_runs(scores: list[dict[str, Any]], agreement: list[dict[str, Any]]) -> Part:
    """Return the accuracy of each run, and how often the answer that most samples give is right."""
    votes = {row["part"]: row for row in agreement}
    rows = [
        {
            **row,
            "vote": votes.get(row["part"], {}).get("share_right"),
            "agreement": votes.get(row["part"], {}).get("mean_agreement"),
        }
        for row in scores
    ]
    folder = Column(name="folder", key="part", kind=TEXT)
    voted = [
        Column(name="most frequent answer right", key="vote", kind=SHARE),
        Column(name="samples that give it", key="agreement", kind=SHARE),
    ]
    return Part(
        anchor="accuracy",
        title="Accuracy of the policy",
        lead="Independent samples of the policy that are right, in each run: runs differ in their model or their "
        f"questions, so there is no accuracy of all. {_NO_SAMPLES}",
        charts=[_accuracy_chart([{**row, "folder": row["part"]} for row in rows], "folder")] if len(rows) > 1 else [],
        tables=[Table(caption="Accuracy by folder", columns=those_with([folder, *_SCORES, *voted], rows), rows=rows)],
        remarks=["The most frequent answer is that of questions with two samples and more."] if votes else [],
    )


def _hardness_chart(rows: list[dict[str, Any]]) -> Chart:
    return Chart(
        title="How hard the questions are for the policy",
        caption="Questions by the share of their samples that is right. Those in the middle teach most: the policy "
        "can solve them, and often does not.",
        table=Table(
            caption="Questions by the share of samples that is right",
            columns=[
                Column(name="share right", key="share", kind=TEXT),
                Column(name="questions", key="questions", series="series-1"),
            ],
            rows=rows,
        ),
        x="share of samples that is right",
        y="questions",
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
        x=by if by == "level" else "",
        # Names of files and folders are longer than levels.
        lying=by != "level",
    )


def _agreement_chart(agreement: Mapping[str, Any]) -> Chart:
    error = agreement["calibration_error"]
    return Chart(
        title="How far the samples' agreement can be trusted",
        caption="Each point is the questions of which the most frequent answer has such a share of the samples; its "
        "height is how often that answer is right. On the dashed line agreement means what it says; below it, samples "
        "agree on wrong answers. Right answers are one, however they are written; of equally frequent answers each "
        f"counts its share. Mean gap: {error:.1%}.",
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
