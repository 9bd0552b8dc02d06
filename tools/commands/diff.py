"""`factory diff A B`: counts, and where the first questions differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from factory.errors import BadInput
from factory.text.safe_text import safe
from pipelines.maintenance.diff import Difference, diff
from tools.commands.paced import Paced

LINES = 12  # of a question


def compared(a: str, b: str, limit: int) -> Difference:
    """Diff with progress on stderr. Raises `BadInput`."""
    tell = Paced()
    return diff(a, b, limit=limit, on_progress=lambda n: tell(f"read {n:,} rows"))


def difference_lines(found: Difference) -> Iterator[str]:
    """The counts, then the examples."""
    yield f"A {found.a}"
    yield f"B {found.b}"
    yield f"same           {found.same:,} questions"
    for name, n in (("changed", found.changed), ("only in A", found.only_a), ("only in B", found.only_b)):
        if n:
            yield f"{name:<14} {n:,} questions"
    for example in found.examples:
        yield _line(f"{example.question_id}  {example.question[:80]}")
        for difference in example.differences[:LINES]:
            yield f"  {_line(difference)}"
        if len(example.differences) > LINES:
            yield f"  … and {len(example.differences) - LINES:,} more (--json)"
    for where, ids in (("A", found.examples_a), ("B", found.examples_b)):
        for question_id in ids:
            yield _line(f"{question_id}  only in {where}")
    shown = len(found.examples) + len(found.examples_a) + len(found.examples_b)
    hidden = found.changed + found.only_a + found.only_b - shown
    if hidden > 0:
        yield f"… and {hidden:,} more (--limit)"


def save(found: Difference, path: Path) -> None:
    """All of it as JSON. Raises `BadInput` where `path` cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(found), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise BadInput(f"cannot write {path}: {error.strerror or error}. Choose another --json file.") from None


def _line(text: str) -> str:
    return " ".join(safe(text).split())
