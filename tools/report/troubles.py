"""Parts on what to look at: failures by kind, the slowest questions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.report.blocks import CODE, SECONDS, TEXT, Column, Part, Table, those_with
from tools.report.commands import command, folder_of

Figures = Mapping[str, Any]


def failures(figures: Figures) -> Part:
    """Return failed questions and texts that could not be judged, by kind, each with an example."""
    total = figures["yields"]["total"]
    questions, texts = figures["failures"]["questions"], figures["failures"]["texts"]
    names = {"truncated": "cut off", "timeout": "checker time-out", "error": "checker error"}
    texts = [{**row, "outcome": names.get(row["outcome"], row["outcome"])} for row in texts]
    apart = sum(row["count"] for row in texts)
    lacking = Column(name="perhaps more, up to", key="lacking")
    where, several = Column(name="folder", key="part", kind=TEXT), len(figures["read"]["parts"]) > 1
    tables = []
    if questions:
        columns = [
            Column(name="stage", key="stage", kind=TEXT),
            Column(name="type", key="type", kind=TEXT),
            Column(name="questions", key="count"),
            lacking,
            Column(name="one of the messages", key="message", kind=TEXT),
            where,
            Column(name="example", key="question_id", kind=CODE),
        ]
        tables.append(Table(caption="Questions that failed", columns=those_with(columns, questions), rows=questions))
    if texts:
        columns = [
            Column(name="outcome", key="outcome", kind=TEXT),
            Column(name="what was said", key="reason", kind=TEXT),
            Column(name="texts", key="count"),
            lacking,
            where,
            Column(name="example: question", key="question_id", kind=CODE),
            Column(name="solution", key="solution_id", kind=CODE),
        ]
        tables.append(Table(caption="Texts that could not be judged", columns=those_with(columns, texts), rows=texts))
    return Part(
        anchor="failures",
        title="Failures",
        lead=f"{total['failed']:,} of {total['questions']:,} questions failed; {apart:,} texts could not be judged.",
        tables=tables,
        remarks=[f"{command('inspect', folder_of(figures, 'FOLDER' if several else ''), 'ID')} shows a question."]
        if tables
        else [],
    )


def slowest(figures: Figures) -> Part | None:
    """Return the slowest questions; None where no record says how long it took."""
    texts = {(row["part"], row["question_id"]): row["question"] for row in figures["slowest_records"]}
    rows = [
        {**row, "question": (texts.get((row["part"], row["question_id"])) or "")[:160]}
        for row in figures["slowest"]["rows"]
    ]
    if not rows:
        return None
    columns = [
        Column(name="question", key="question_id", kind=CODE),
        Column(name="took", key="seconds", kind=SECONDS),
        Column(name="completions", key="calls"),
        Column(name="tokens", key="tokens"),
        Column(name="folder", key="part", kind=TEXT),
        Column(name="source", key="source", kind=TEXT),
        Column(name="begins with", key="question", kind=TEXT),
    ]
    return Part(
        anchor="slowest",
        title="Slowest questions",
        lead="Time from when a question was begun to when it was finished, waiting for engines included.",
        tables=[Table(caption="The slowest questions", columns=those_with(columns, rows), rows=rows)],
    )
