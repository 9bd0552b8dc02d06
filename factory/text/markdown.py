"""Text by others inside a Markdown page: shown as it is, never read as markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from factory.text.safe_text import safe

LONGEST = 4000


def fenced(text: str, info: str = "", longest: int = LONGEST) -> str:
    """`text` as a block of code that it cannot close from within, cut at `longest` characters."""
    shown = safe(text)
    if len(shown) > longest:
        shown = f"{shown[:longest]}\n… ({len(shown) - longest:,} characters more)"
    fence = "`" * max(3, _longest_run(shown) + 1)
    return f"{fence}{info}\n{shown}\n{fence}"


def code(text: Any, longest: int = 200) -> str:
    """`text` as code within a line or a table's cell, cut at `longest` characters."""
    shown = " ".join(safe(str(text)).split())
    shown = shown if len(shown) <= longest else f"{shown[: longest - 1]}…"
    ticks = "`" * (_longest_run(shown) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{pad}{shown.replace('|', chr(0xFF5C))}{pad}{ticks}" if shown else ""


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table; the cells are Markdown already. Empty without rows."""
    lines = [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *lines]) if lines else ""


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
