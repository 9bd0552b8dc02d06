"""Names of the folders of a run of several rounds, relative to its own."""

from __future__ import annotations

BEFORE = "before"


def folder_of(round_: int | None) -> str:
    """Return the folder of a round; None is the time before the first round."""
    return BEFORE if round_ is None else f"round_{round_}"
