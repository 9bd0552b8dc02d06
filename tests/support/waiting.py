"""Waiting for events. Tests wait for what they need to see, never for a number of seconds.

The limit only keeps a broken test from hanging: it is minutes, so that a busy machine never reaches it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

HANGS_S = 600.0


def wait_until(holds: Callable[[], object], what: str = "", seconds: float = HANGS_S) -> None:
    """Return as soon as `holds()` is true.

    Args:
      holds: condition, asked twenty times a second.
      what: words for the failure: what was waited for.
      seconds: limit after which the wait is given up.

    Raises:
      AssertionError: the limit passed.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what or 'the condition'} did not come within {seconds:.0f} s"
        time.sleep(0.05)
