"""Commands that a page tells a reader to type: quoted, so that a shell takes every word as it is."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any


def command(*words: str) -> str:
    """Return a command of `factory`.

    >>> command("inspect", "my runs/$(a)", "q'1")
    'factory inspect \\'my runs/$(a)\\' \\'q\\'"\\'"\\'1\\''
    """
    return shlex.join(("factory", *words))


def folder_of(figures: Mapping[str, Any], part: str = "") -> str:
    """Return the folder of a run as it was given, or of a run within it."""
    folder = str(figures["about"]["folder"])
    return f"{folder.rstrip('/')}/{part}" if part else folder
