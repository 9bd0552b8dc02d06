"""Single keys of a terminal, as they are pressed."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Wait = Callable[[float], str]
"""Wait for so many seconds, and return the keys that were pressed meanwhile; "" for none."""


@contextmanager
def pressed_keys() -> Iterator[Wait]:
    """Yield a function that waits for keys. Without a terminal on stdin it waits, and nobody presses any."""
    if not sys.stdin.isatty():
        yield _nothing
        return
    place = sys.stdin.fileno()
    before = termios.tcgetattr(place)
    try:
        tty.setcbreak(place)
        yield lambda seconds: _keys(place, seconds)
    finally:
        termios.tcsetattr(place, termios.TCSADRAIN, before)


def _keys(place: int, seconds: float) -> str:
    ready, _, _ = select.select([place], [], [], seconds)
    return os.read(place, 64).decode(errors="replace") if ready else ""


def _nothing(seconds: float) -> str:
    select.select([], [], [], seconds)
    return ""
