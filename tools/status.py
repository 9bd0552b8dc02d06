"""`factory status`: how far a run is, from its folder alone."""

from __future__ import annotations

from pathlib import Path

from pipelines.import_labels import imported_format
from pipelines.run_folder import committed_tally, opened, read_survey
from tools.display import counts_lines


def status_lines(run_dir: Path) -> list[str]:
    """Progress and counts of a run folder, counts of an import. Raises `BadInput` when it is neither."""
    imported_from = imported_format(run_dir)
    if imported_from is not None:
        tally = committed_tally(run_dir)
        return [f"{run_dir}: imported from {imported_from}, {tally.questions:,} lines", *counts_lines(tally)]
    settings = opened(run_dir)
    found = read_survey(run_dir)
    tally = committed_tally(run_dir)
    share = tally.questions / found.questions
    state = "complete" if tally.questions >= found.questions else "not complete"
    lines = [
        f"{run_dir}: {state}, {tally.questions:,} of {found.questions:,} questions ({share:.0%})",
        f"made by        {settings.engine.name}, model {settings.model}, labelled by {settings.supervision.name}",
        *counts_lines(tally),
    ]
    if found.bad_golds or found.duplicates:
        lines.append(
            f"skipped        {len(found.bad_golds):,} gold answers that do not verify, {found.duplicates:,} doubles"
        )
    if state != "complete":
        lines.append(f"go on          factory resume {run_dir}")
    return lines
