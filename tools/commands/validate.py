"""`factory validate`: what a folder holds, and one line for each thing that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator

from factory.text.safe_text import safe
from pipelines.maintenance.validate import Validation, validate
from tools.commands.paced import Paced


def validated(run_dir: str, *, repair: bool = False) -> Validation:
    """Validate with progress on stderr. Raises `BadInput`."""
    tell = Paced()

    def progress(done: int, shards: int, questions: int) -> None:
        tell(f"checked {done:,} of {shards:,} objects, {questions:,} questions")

    return validate(run_dir, repair=repair, on_progress=progress, say=tell.say)


def validation_lines(found: Validation, *, repair: bool = False) -> Iterator[str]:
    """The counts, then the faults."""
    yield f"{found.folder}: {'sound' if found.sound else f'{found.n_faults:,} faults'}"
    yield f"objects        {found.shards:,} read in full, {found.receipts:,} receipts held against them"
    of = "" if found.expected is None else f" of {found.expected:,} in the source"
    missing = (found.expected or 0) - found.questions
    yield f"questions      {found.questions:,}{of}{f', {missing:,} not done yet' if missing > 0 else ''}"
    left = len(found.superseded) + len(found.orphans)
    if found.removed:
        yield f"left over      {found.removed:,} removed"
    elif left:
        hint = "with faults nothing is removed" if repair else "no fault; --repair removes them"
        yield (
            f"left over      {len(found.superseded):,} superseded revisions, {len(found.orphans):,} unfinished writes "
            f"({hint})"
        )
    for fault in found.faults:
        yield " ".join(safe(f"{fault.object}: {fault.what}").split())
    if found.n_faults > len(found.faults):
        yield f"… and {found.n_faults - len(found.faults):,} more"
