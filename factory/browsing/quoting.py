"""Texts of records within a sentence: on one line, of bounded length; shares as a person reads them."""

from __future__ import annotations

_LONGEST = 120  # characters of an equation or a note that is quoted


def percent(share: float) -> str:
    """Return a share as percent; one of less than 1 never as 100 %.

    >>> percent(0.934), percent(0.9985), percent(0.99999), percent(1.0)
    ('93 %', '99.85 %', '99.99 %', '100 %')
    """
    if share >= 1:
        return "100 %"
    return f"{min(100 * share, 99.99):.4g} %" if share > 0.995 else f"{100 * share:.0f} %"


def quoted(text: object) -> str:
    """Return a text in quotation marks, shortened."""
    return f"“{shortened(str(text))}”"


def shortened(text: str) -> str:
    """Return a text on one line, or the beginning of it."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
