"""Vital signs of an engine: does it hang? Pure: no clock.

An engine that says when it last made a step (`last_step_s` of `Engine.stats`) hangs when it has requests and makes no
step for a bounded time. Of one that does not, nothing is known until a request takes too long. One such request may be
to blame itself; when others do, too, with no answer in between, it is the engine.
"""

from __future__ import annotations

STEP_S = 300.0
"""Seconds that a step of an engine may take. Compiling a kernel takes a minute or two."""
FIRST_STEPS_S = 1200.0
"""The same, until it has answered for the first time: then it may have many kernels to compile."""


class Vitals:
    """Signs of life of an engine: answers, requests that took too long, steps."""

    def __init__(self) -> None:
        self._step_s = FIRST_STEPS_S
        self._late: set[tuple[str, int]] = set()

    def answered(self) -> None:
        """Note that a request was answered."""
        self._step_s = STEP_S
        self._late.clear()

    def late(self, question_id: str, seed: int) -> None:
        """Note that a request takes too long; the same one counts once, however often it is tried."""
        self._late.add((question_id, seed))

    def hangs(self, last_step_s: float | None) -> str:
        """Return how one can tell that the engine hangs; "" where it does not.

        Args:
          last_step_s: seconds since its last step, or since it got something to do; None where it does not say.
        """
        if last_step_s is not None and last_step_s > self._step_s:
            return f"it has requests and made no step for {last_step_s:.0f} s"
        if last_step_s is None and len(self._late) > 1:
            return f"{len(self._late)} requests took too long, with no answer in between"
        return ""
