"""Progress of commands that read much: a plain line on stderr every few seconds."""

from __future__ import annotations

import sys
import time

EVERY_S = 5.0


class Paced:
    """Printer of progress: may be called as often as you like, prints a line every `EVERY_S` seconds at most."""

    def __init__(self) -> None:
        self._shown = time.monotonic()

    def __call__(self, line: str) -> None:
        if time.monotonic() - self._shown >= EVERY_S:
            self._shown = time.monotonic()
            self.say(line)

    def say(self, line: str) -> None:
        """Print a line at once."""
        print(line, file=sys.stderr, flush=True)
