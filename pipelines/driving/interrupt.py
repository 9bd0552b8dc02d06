"""Ctrl-C and SIGTERM of a run: the first asks for an end, the second ends it at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Interrupt:
    """Counts Ctrl-C and SIGTERM instead of dying of the first, once there is something to finish (`patient`)."""

    def __init__(self) -> None:
        self.count = 0
        self.patient = False

    def __call__(self, *_: Any) -> None:
        self.count += 1
        if self.count > 1 or not self.patient:
            raise KeyboardInterrupt

    @contextmanager
    def installed(self) -> Iterator[Interrupt]:
        """Listen for the block; elsewhere than on the main thread signals cannot be had, and nothing listens.

        `ray.init` takes SIGTERM for itself: install it again inside a Ray session.
        """
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        before = {number: signal.signal(number, self) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
