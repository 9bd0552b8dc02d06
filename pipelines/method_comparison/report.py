"""Report of a comparison: its summary, its files, and the lines that `factory run` and `status` print."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from factory.evaluation.method_comparison import Row, compared
from factory.evaluation.method_scores import MAJORITY
from factory.storage.store import Store
from factory.text.durations import clock
from pipelines.method_comparison.parts import TEST, Comparison, Part, comparison_of
from pipelines.method_comparison.plot import drawn
from pipelines.method_comparison.results import Results
from pipelines.method_comparison.table import markdown, table_lines
from pipelines.method_comparison.work import Interrupted, chosen, measured
from pipelines.reporting.look_line import look_line
from pipelines.run.contract import state_of
from pipelines.run.curves import Curve, Point
from pipelines.run.run_folder import read_survey
from pipelines.run.settings import Settings

FIGURES, TABLE, PLOT = "comparison.json", "comparison.md", "comparison.png"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonSummary:
    """Result of a comparison.

    Attributes:
      folder: the comparison's folder.
      complete: False when it was interrupted.
      rows: rows of the methods that are done.
      took: time that each row's run took, in seconds.
      missing: methods that are not done.
      seconds: wall-clock time of this attempt.
      short: units that hold less than was asked for, as an error stopped them.
      stopped: sentence on the budget that ended it; "" where none did.
    """

    folder: str
    complete: bool
    rows: Sequence[Row]
    took: Sequence[float]
    missing: Sequence[str]
    seconds: float = 0.0
    short: int = 0
    stopped: str = ""


def summary_of(
    comparison: Comparison, results: Results, *, seconds: float = 0.0, end: Interrupted | None = None
) -> ComparisonSummary:
    """Return what the folder holds now; `end` is what ended the work of this attempt early."""
    parts = chosen(comparison, results)
    done = [part for part in parts if results.of(part).scores is not None]
    compare = comparison.compare
    is_there = any(part.method == comparison.reference for part in done)
    rows = (
        compared(
            measured(done, results),
            comparison.reference,
            scored_weight=compare.scored_weight,
            budget=compare.tokens,
        )
        if is_there
        else []
    )
    return ComparisonSummary(
        folder=comparison.base.run.dir,
        complete=len(done) == len(parts) and {part.method for part in parts} == set(comparison.methods),
        rows=rows,
        took=[results.of(part).seconds for part in done] if is_there else [],
        missing=_missing(comparison, parts, done),
        seconds=seconds,
        short=end.short if end else 0,
        stopped=end.stopped if end else "",
    )


def _missing(comparison: Comparison, parts: Sequence[Part], done: Sequence[Part]) -> list[str]:
    """Return what is not done: methods with their amounts, or without where these are not chosen yet."""
    known = {part.method for part in parts}
    left = [part.said for part in parts if part not in done]
    return left + [f"{name} (its amount is not chosen yet)" for name in comparison.methods if name not in known]


def write(store: Store, comparison: Comparison, summary: ComparisonSummary) -> None:
    """Overwrite the comparison's figures, table and picture; nothing while the reference is not done."""
    if summary.rows:
        store.replace(FIGURES, (json.dumps(figures(comparison, summary), indent=1) + "\n").encode())
        store.replace(TABLE, markdown(summary.rows, summary.took).encode())
        store.replace(PLOT, drawn(summary.rows))


def figures(comparison: Comparison, summary: ComparisonSummary) -> dict[str, Any]:
    """Return all figures as JSON values; accuracies of single questions are in the results of the runs."""
    compare = comparison.compare
    return {
        "complete": summary.complete,
        "model": comparison.base.model,
        "reference": comparison.reference,
        "tokens": compare.tokens or None,
        "scored_weight": compare.scored_weight,
        "rows": [_figures(comparison, row, took) for row, took in zip(summary.rows, summary.took, strict=True)],
    }


def _figures(comparison: Comparison, row: Row, took: float) -> dict[str, Any]:
    one, scores = row.measured, row.measured.scores
    part = comparison.part(one.method, TEST, one.amount)
    return {
        "method": one.method,
        "search": part.settings.plain["search"],
        "amount": one.amount,
        "folder": part.settings.run.dir,
        "questions": scores.questions,
        "failed": scores.failed,
        "answered_by": scores.answered_by,
        **asdict(row.result),
        "against": {"method": row.against.method, "amount": row.against.amount},
        "tokens": row.tokens,
        "ratio": row.ratio,
        "off_budget": row.off_budget,
        **{
            name: _per_question(getattr(scores, name), scores.questions)
            for name in ("sampled", "scored", "read", "calls")
        },
        "question_seconds": scores.question_seconds / scores.questions,
        "seconds": took,
    }


def _per_question(counts: Mapping[str, int], questions: int) -> dict[str, float]:
    return {role: count / questions for role, count in counts.items()}


def stats_of(summary: ComparisonSummary) -> dict[str, object]:
    """Return what `stats.json` says of a comparison."""
    return {"complete": summary.complete, "rows": len(summary.rows), "missing": list(summary.missing)}


def summary_lines(summary: ComparisonSummary) -> list[str]:
    """Return the last lines of a comparison: the table, where everything lies, how to go on."""
    folder = summary.folder
    state = state_of(summary)
    lines = [f"comparison {state} ({clock(summary.seconds)})", *_row_lines(summary)]
    if summary.rows:
        lines += [
            f"figures        {folder}/{FIGURES}",
            f"table          {folder}/{TABLE}",
            f"plot           {folder}/{PLOT}",
        ]
        lines.append(look_line(str(folder)))
    return [*lines, *(f"missing        {name}" for name in summary.missing)]


def _row_lines(summary: ComparisonSummary) -> list[str]:
    """Return the table, and what its accuracies are."""
    if not summary.rows:
        return []
    voted = sorted({row.measured.method for row in summary.rows if row.measured.scores.answered_by == MAJORITY})
    failed = sum(row.measured.scores.failed for row in summary.rows)
    lines = [f"{summary.rows[0].measured.scores.questions:,} questions, in percent and tokens a question"]
    lines += table_lines(summary.rows, summary.took)
    if voted:
        lines.append(f"by majority    {', '.join(voted)}; the others by the solution that they selected")
    if failed:
        lines.append(f"failed         {failed:,} questions, which count as not right: --retry-failed does them again")
    return lines


def curves(settings: Settings, store: Store) -> list[Curve]:
    """Return the accuracy of every method against its tokens; none before the reference is done."""
    rows = summary_of(comparison_of(settings), Results(store, settings.run.dir)).rows
    points = sorted((row.measured.method, row.tokens, row.result.accuracy, row.result.error) for row in rows)
    lines: dict[str, list[Point]] = {row.measured.method: [] for row in rows}
    for method, tokens, accuracy, error in points:
        lines[method].append((tokens, accuracy, error))
    return [
        Curve(
            title="Search methods at their budgets",
            caption="Share of the same questions that each method answers right, against the tokens that it samples.",
            x="tokens per question",
            y="share right",
            lines=lines,
        )
    ]


def status_lines(settings: Settings, store: Store) -> list[str]:
    """Return how far a comparison is, read from its folder alone.

    `settings.run.dir` is the folder as the user named it, `store` is the same folder. Raises `BadInput` where it never
    got to its first question.
    """
    run_dir = settings.run.dir
    comparison, summary = _status_of(settings, store)
    state = "complete" if summary.complete else "not complete"
    lines = [
        f"{run_dir}: {state}, {len(summary.rows):,} rows, {len(comparison.methods):,} methods",
        f"made by        {settings.engine.name}, model {settings.model}",
        *_row_lines(summary),
        *(f"missing        {name}" for name in summary.missing),
    ]
    return lines if summary.complete else [*lines, f"go on          factory resume {run_dir}"]


def status_figures(settings: Settings, store: Store) -> dict[str, Any]:
    """Return the same as JSON values. Raises `BadInput` as `status_lines` does."""
    comparison, summary = _status_of(settings, store)
    results = Results(store, settings.run.dir)
    left = [part for part in chosen(comparison, results) if results.of(part).scores is None]
    runs = [part.settings.run.dir.removeprefix(f"{settings.run.dir}/") for part in left[:1]]
    figures_so_far = figures(comparison, summary) if summary.rows else {"complete": summary.complete, "rows": []}
    return {**figures_so_far, "missing": list(summary.missing), "next": {"runs": runs} if runs else None}


def _status_of(settings: Settings, store: Store) -> tuple[Comparison, ComparisonSummary]:
    """Return a comparison and how far it is. Raises `BadInput` where it never got to its first question."""
    read_survey(store)
    comparison = comparison_of(settings)
    return comparison, summary_of(comparison, Results(store, settings.run.dir))
