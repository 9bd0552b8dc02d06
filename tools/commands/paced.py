"""Progress of commands that read much: a plain line on stderr every few seconds."""

from __future__ import annotations

import sys
import time

EVERY_S = 5.0


class Paced:
    """Call it as often as you like; the first line comes after `EVERY_S`."""

    def __init__(self) -> None:
        self._shown = time.monotonic()

    def __call__(self, line: str) -> None:
        if time.monotonic() - self._shown >= EVERY_S:
            self._shown = time.monotonic()
            self.say(line)

    def say(self, line: str) -> None:
        """At once."""
        print(line, file=sys.stderr, flush=True)
