"""Command `factory validate`: what a folder holds, and one line for each fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from factory.text.safe_text import safe
from pipelines.maintenance.validate import Validation, validate
from tools.commands.progress.paced import Paced


def validated(run_dir: str, *, repair: bool = False) -> Validation:
    """Validate a folder, with progress on stderr, and return the report. Raises `BadInput` when it is no run folder."""
    tell = Paced()

    def progress(done: int, shards: int, questions: int) -> None:
        tell(f"checked {done:,} of {shards:,} objects, {questions:,} questions")

    return validate(run_dir, repair=repair, on_progress=progress, say=tell.say)


def validation_figures(report: Validation) -> dict[str, Any]:
    """Return a report as JSON values."""
    figures = asdict(report)
    return {"folder": figures.pop("folder"), "sound": report.sound, "objects": figures.pop("shards"), **figures}


def validation_lines(report: Validation, *, repair: bool = False) -> Iterator[str]:
    """Yield the lines of a report: counts, then faults. `repair`: leftovers were to be removed."""
    # Counts.
    yield f"{report.folder}: {'sound' if report.sound else f'{report.n_faults:,} faults'}"
    yield f"objects        {report.shards:,} read in full, {report.receipts:,} receipts held against them"
    of = "" if report.expected is None else f" of {report.expected:,} in the source"
    missing = (report.expected or 0) - report.questions
    yield f"questions      {report.questions:,}{of}{f', {missing:,} not done yet' if missing > 0 else ''}"
    left = len(report.superseded) + len(report.orphans) + len(report.spent)
    if report.removed:
        yield f"left over      {report.removed:,} removed"
    elif left:
        hint = "with faults nothing is removed" if repair else "no fault; --repair removes them"
        yield (
            f"left over      {len(report.superseded):,} superseded revisions, "
            f"{len(report.orphans):,} unfinished writes"
            f"{f', {len(report.spent):,} kept parts of finished units' if report.spent else ''} ({hint})"
        )
    # Faults.
    for fault in report.faults:
        yield " ".join(safe(f"{fault.object}: {fault.what}").split())
    if report.n_faults > len(report.faults):
        yield f"… and {report.n_faults - len(report.faults):,} more"
