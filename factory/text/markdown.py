"""Quoting of texts by others inside a Markdown page: shown as they are, never read as markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from factory.text.safe_text import safe

LONGEST = 4000


def fenced(text: str, info: str = "", longest: int = LONGEST) -> str:
    """Return `text` as a block of code that it cannot close from within.

    Args:
      text: any text.
      info: the language behind the opening fence, "" for none.
      longest: characters after which the text is cut.
    """
    shown = safe(text)
    if len(shown) > longest:
        shown = f"{shown[:longest]}\n… ({len(shown) - longest:,} characters more)"
    # A fence that is longer than any run of backticks inside cannot be closed by the text.
    fence = "`" * max(3, _longest_run(shown) + 1)
    return f"{fence}{info}\n{shown}\n{fence}"


def code(text: Any, longest: int = 200) -> str:
    """Return `text` as code within a line or a table's cell, cut at `longest` characters."""
    shown = " ".join(safe(str(text)).split())
    shown = shown if len(shown) <= longest else f"{shown[: longest - 1]}…"
    # The same for code within a line. A bar would end a table's cell, so a full-width one stands for it.
    ticks = "`" * (_longest_run(shown) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{pad}{shown.replace('|', chr(0xFF5C))}{pad}{ticks}" if shown else ""


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table in Markdown, "" without rows. The cells are Markdown already."""
    lines = [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join([f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *lines]) if lines else ""


def _longest_run(text: str) -> int:
    """Return the length of the longest run of backticks."""
    return max((len(run) for run in re.findall("`+", text)), default=0)
