"""Last word of every run: how to look at what it has made."""

from __future__ import annotations


def look_line(folder: str) -> str:
    """Return the line of a summary that names the commands that show a folder, of one run or of several.

    >>> look_line("runs/mine")
    'look           factory view runs/mine (in the browser), factory report runs/mine (one page to keep)'
    """
    return f"look           factory view {folder} (in the browser), factory report {folder} (one page to keep)"
