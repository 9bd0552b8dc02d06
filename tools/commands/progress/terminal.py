"""Abilities of a terminal. Colours are rich's business, which knows `NO_COLOR` and `TERM`."""

from __future__ import annotations

import os
from typing import IO

# Terminals that cannot move the cursor.
_DUMB = ("dumb", "unknown")


def is_live(stream: IO[str]) -> bool:
    """Return whether a line on `stream` may be drawn over again: on a terminal that can move its cursor."""
    return stream.isatty() and os.environ.get("TERM", "").lower() not in _DUMB
