"""Time that a run still takes, as far as its questions so far tell. Pure: no clock."""

from __future__ import annotations

from factory.text.durations import clock

# Looks that are kept: more are thinned out, so that nothing grows with the run.
_LOOKS = 128
# Share of the time so far that counts as recent.
_RECENT = 1 / 3
# Two estimates that differ by less are one.
_SAME = 1.25


class TimeLeft:
    """Estimate of the time left, in seconds, from when questions were finished; one that has its samples is half done.

    There are two: by the speed since the start, which is too slow while the first questions are under way, and by the
    speed of late, which is too fast while only easy ones are done and too slow at the end. What is said lies between.

    Args:
      questions: questions that the run has to do.
      least: rollouts that each of them takes at least, its samples; 0 where that is not known.
    """

    def __init__(self, questions: int, least: int = 0) -> None:
        self._questions = questions
        self._least = least
        # (seconds since the start, questions finished, halves of others among them)
        self._looks: list[tuple[float, float]] = [(0.0, 0.0)]
        self._finished = 0
        self._rollouts = 0.0

    def look(self, seconds: float, finished: int, begun: int, rollouts: float, begun_rollouts: float) -> None:
        """Hear how far the run is.

        Args:
          seconds: time since the start.
          finished: questions that are finished.
          begun: questions that are under way.
          rollouts: rollouts made, those that run counting half.
          begun_rollouts: part of them that was for questions under way.
        """
        self._finished, self._rollouts = finished, rollouts
        if seconds <= self._looks[-1][0]:
            return
        sampled = min(begun, begun_rollouts / self._least) if self._least else 0
        if len(self._looks) == _LOOKS:
            del self._looks[1::2]
        self._looks.append((seconds, finished + sampled / 2))

    def bounds(self) -> tuple[float, float] | None:
        """Return the time left as (least, most) in seconds; None before the first question is finished."""
        now, finished = self._looks[-1]
        if not self._finished:
            return None
        left = max(0.0, self._questions - finished)
        since, before = next(look for look in reversed(self._looks[:-1]) if look[0] <= now * (1 - _RECENT))
        # Half a question: where none was finished of late, the next one may be about to.
        recent = (now - since) / max(finished - before, 0.5)
        whole = now / finished
        return left * min(recent, whole), left * max(recent, whole)

    def text(self) -> str:
        """Return the time left as a person reads it: "1:10", "1:10–2:40", "over 1:10", or "–" where nobody knows."""
        bounds = self.bounds()
        if bounds is None:
            seconds = self._looks[-1][0]
            missing = self._questions * self._least - self._rollouts
            return f"over {clock(missing * seconds / self._rollouts)}" if missing > 0 and self._rollouts else "–"
        least, most = bounds
        if most < least * _SAME or most < 1:
            return clock((least + most) / 2)
        return f"{clock(least)}–{clock(most)}"
