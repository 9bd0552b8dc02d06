"""Command `factory diff A B`: counts of questions that differ between two folders, and the first of them in detail."""

from __future__ import annotations

from collections.abc import Iterator

from factory.text.safe_text import safe
from pipelines.maintenance.diff import Difference, diff
from tools.commands.progress.paced import Paced

LINES = 12  # lines printed for a question


def compared(a: str, b: str, limit: int) -> Difference:
    """Compare two folders, with progress on stderr, and return what differs.

    Args:
      a: run folder.
      b: another one.
      limit: questions of each kind that are looked at in detail.

    Raises:
      BadInput: a folder holds no records.
    """
    tell = Paced()
    return diff(a, b, limit=limit, on_progress=lambda n: tell(f"read {n:,} rows"))


def difference_lines(difference: Difference) -> Iterator[str]:
    """Yield the lines of a difference: counts, then examples."""
    # Counts.
    yield f"A {difference.a}"
    yield f"B {difference.b}"
    yield f"same           {difference.same:,} questions"
    for name, n in (
        ("changed", difference.changed),
        ("only in A", difference.only_a),
        ("only in B", difference.only_b),
    ):
        if n:
            yield f"{name:<14} {n:,} questions"
    # Examples.
    for example in difference.examples:
        yield _line(f"{example.question_id}  {example.question[:80]}")
        for line in example.differences[:LINES]:
            yield f"  {_line(line)}"
        if len(example.differences) > LINES:
            yield f"  … and {len(example.differences) - LINES:,} more (--json)"
    for where, ids in (("A", difference.examples_a), ("B", difference.examples_b)):
        for question_id in ids:
            yield _line(f"{question_id}  only in {where}")
    shown = len(difference.examples) + len(difference.examples_a) + len(difference.examples_b)
    hidden = difference.changed + difference.only_a + difference.only_b - shown
    if hidden > 0:
        yield f"… and {hidden:,} more (--limit)"


def _line(text: str) -> str:
    """Return foreign text as one line that cannot steer the terminal."""
    return " ".join(safe(text).split())
