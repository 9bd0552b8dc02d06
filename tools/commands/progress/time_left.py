"""Time that a run still takes, as far as its questions so far tell. Pure: no clock."""

from __future__ import annotations

import math
from dataclasses import dataclass

from factory.text.durations import clock

# Looks that are kept: more are thinned out, so that nothing grows with the run.
_LOOKS = 128
# Share of the time so far that counts as recent.
_RECENT = 1 / 3
# Two estimates that differ by less are one.
SAME = 1.25
# Euler's constant: what the sum of 1/k differs from the logarithm by.
_EULER = 0.5772


@dataclass(frozen=True, slots=True)
class _Look:
    """State of a run: `seconds` since its start, `halves`: questions finished and half finished, `finished`, `waited`.

    `waited` is the time that questions have been under way so far, added up: question-seconds.
    """

    seconds: float = 0.0
    halves: float = 0.0
    finished: int = 0
    waited: float = 0.0


class TimeLeft:
    """Estimate of the time left, in seconds, from when questions were finished; one that has its samples is half done.

    There are three: by the speed since the start, which is too slow while the first questions are under way; by the
    speed of late, which is too fast while only easy ones are done; and by the tail. Questions under way end one by one,
    the hard ones last, and fewer of them make less speed: where each ends with the same chance per second, the last of
    N takes 1 + 1/2 + … + 1/N times as long as one does on the average. What is said lies between the least and the
    most of the three.

    Args:
      questions: questions that the run has to do.
      least: rollouts that each of them takes at least, its samples; 0 where that is not known.
    """

    def __init__(self, questions: int, least: int = 0) -> None:
        self._questions = questions
        self._least = least
        self._looks: list[_Look] = [_Look()]
        self._begun = 0
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
        before, self._begun, self._rollouts = self._looks[-1], begun, rollouts
        if seconds <= before.seconds:
            return
        sampled = min(begun, begun_rollouts / self._least) if self._least else 0
        if len(self._looks) == _LOOKS:
            del self._looks[1::2]
        waited = before.waited + begun * (seconds - before.seconds)
        self._looks.append(_Look(seconds, finished + sampled / 2, finished, waited))

    def bounds(self) -> tuple[float, float] | None:
        """Return the time left as (least, most) in seconds; None before the first question is finished."""
        now = self._looks[-1]
        if not now.finished:
            return None
        left = max(0.0, self._questions - now.halves)
        since = next(look for look in reversed(self._looks[:-1]) if look.seconds <= now.seconds * (1 - _RECENT))
        # Half a question: where none was finished of late, the next one may be about to.
        recent = (now.seconds - since.seconds) / max(now.halves - since.halves, 0.5)
        whole = now.seconds / now.halves
        by_speed = left * recent, left * whole
        return min(by_speed), max(*by_speed, self._by_tail(since, max(recent, whole)))

    def _by_tail(self, since: _Look, each: float) -> float:
        """Return the seconds until the last question ends, by how long those under way took of late to end.

        Args:
          since: look from which on counts as of late.
          each: seconds per question while there are others to begin.
        """
        now = self._looks[-1]
        # Where a worker has died, questions of its units are counted twice for a while.
        unfinished = max(0, self._questions - now.finished)
        under_way = min(self._begun, unfinished)
        not_begun = unfinished - under_way
        if under_way < 1:
            return not_begun * each
        # One question more, of the run's mean: of late there may have been none. There may even have been less than
        # none: the samples of questions that went with their worker do not count any more.
        of_late = max(0.0, now.halves - since.halves)
        mean = (now.waited - since.waited + now.waited / now.halves) / (of_late + 1)
        share_left = max(0.0, self._questions - now.halves - not_begun) / under_way
        return not_begun * each + mean * share_left * _harmonic(under_way)

    def text(self) -> str:
        """Return the time left as a person reads it: "1:10", "1:10–2:40", "over 1:10", or "–" where nobody knows."""
        bounds = self.bounds()
        if bounds is None:
            seconds = self._looks[-1].seconds
            missing = self._questions * self._least - self._rollouts
            return f"over {clock(missing * seconds / self._rollouts)}" if missing > 0 and self._rollouts else "–"
        least, most = bounds
        if most < least * SAME or most < 1:
            return clock((least + most) / 2)
        return f"{clock(least)}–{clock(most)}"


def _harmonic(n: int) -> float:
    """Return 1 + 1/2 + … + 1/n, n at least 1, to 8 %."""
    return math.log(n) + _EULER + 1 / (2 * n)
