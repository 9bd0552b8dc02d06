"""Ctrl-C and SIGTERM of a run: the first asks for an end, the second ends it at once.

`factory stop` asks the same through the run folder: the heartbeat's thread hears of it and calls `ask`.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Interrupt:
    """Counter of Ctrl-C and SIGTERM: a handler that lets a run finish what is in flight.

    Attributes:
      count: signals so far.
      patient: True once there is something to finish. Until then the first signal raises `KeyboardInterrupt`, from
        then on the second does.
    """

    def __init__(self) -> None:
        """Begin with no signal seen, and impatient."""
        self.count = 0
        self.patient = False

    def __call__(self, *_: Any) -> None:
        self.count += 1
        if self.count > 1 or not self.patient:
            raise KeyboardInterrupt

    def ask(self, now: bool = False) -> None:
        """Do, from any thread, what Ctrl-C does; with `now`, what a second one does.

        It is a signal to the main thread, so that it ends whatever waits there, and comes to the interrupt that listens
        at the moment: a phase of a longer run has one of its own. Where none can listen, as the run is not on the main
        thread, it is counted here, and a drive lets what is in flight finish.
        """
        listening = signal.getsignal(signal.SIGINT)
        if not isinstance(listening, Interrupt):
            self.count += 1
            return
        if now:
            listening.count = max(1, listening.count)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    @contextmanager
    def installed(self) -> Iterator[Interrupt]:
        """Handle the signals for the block.

        Python lets only the main thread handle signals; on any other thread this does nothing. `ray.init` takes SIGTERM
        for itself: install the interrupt again inside a Ray session.
        """
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        # The handlers of before come back at the end: a run may be inside another one, or inside a test.
        before = {number: signal.signal(number, self) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield self
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
