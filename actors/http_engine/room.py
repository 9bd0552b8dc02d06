"""Room for samples at one server: how many are worth asking it for at a time (AIMD). Pure.

A server of one's own never says that it has too much: it gets slower. So the room follows its throughput, which is the
samples in flight over the seconds that each of them takes for a token (Little's law). Both are known without waiting
for a round to end, and do not depend on how long the answers are.

* *Growing*: the room doubles while that gains nearly as much, then grows by half, until more of it brings little.
* *Holding*: now and then a little more or less room is tried. More is kept where throughput follows it, less where
  nothing is lost; what brought nothing is tried again ever more rarely. So it rests where the last tenth of the room
  still brings something, and follows a server that changes.
* *Cut*: a refusal (429, 503) or a request that is never answered takes three tenths of it at once, and what was too
  much is not tried again for a while. Refusals in a row are one trouble: behind it the room doubles again, up to seven
  tenths of the limit that the first of them refused.

Vocabulary: a *window* is the time in which a limit is measured, from when the server has as much as that limit says.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

LEAST_ANSWERS, LEAST_SAMPLES = 6, 16
"""Requests and samples of a window at least; of samples also as many as the limit."""
CUT = 0.7
"""Share of the room that is left after a refusal."""
KEPT_WINDOWS = 8
"""Windows without a refusal after which a limit that was refused may be tried again."""
# Gain of throughput over gain of room, as logarithms: 1 is a server with room to spare, 0 one whose room is used up.
_LINEAR, _WORTH, _NOTHING = 0.75, 0.08, 0.03
# Factors of a trial in each direction.
_UP, _DOWN, _DOWN_FAST = 1.25, 0.8, 0.5
# Gains from which on less room is more throughput by far, or clearly less; change of a server's speed (as a logarithm)
# that makes it another server.
_HARMFUL, _CLEARLY, _OTHER = -0.25, 0.5, 0.2
# Measured windows until a trial that failed is repeated, at most.
_RARELY = 16
# Share of a limit that has to be in use for it to be measured.
_USED = 0.7


@dataclass(slots=True)
class Sums:
    """Sums over a window: the time integral of samples in flight, and what the answers took and held."""

    began: float
    area: float = 0.0
    seconds: float = 0.0
    tokens: float = 0.0
    answers: int = 0
    samples: int = 0


@dataclass(frozen=True, slots=True)
class Measured:
    """Measured window: mean samples in flight, and tokens per second."""

    in_flight: float
    speed: float


class Room:
    """Limit of samples in flight at one server. Every call says what time it is, in seconds; times never go back.

    `first`, `least`, `most`: the limit at the beginning, and its bounds; equal ones fix it.
    """

    def __init__(self, first: int, least: int, most: int) -> None:
        self._least, self._most = least, most
        self.limit = first
        self.held = 0
        self._at = 0.0
        self._cut_at = -math.inf
        # Limit that was refused, and windows since.
        self._ceiling: float = math.inf
        self._calm = 0
        # The limit that others are compared with, what it measured last, and whether it is still growing.
        self._base = first
        self._measured: Measured | None = None
        self._growing = True
        self._ups = True
        self._down = _DOWN
        # For each direction: windows to wait before the next trial, and to wait after one that fails.
        self._wait = {True: 0, False: 0}
        self._pause = {True: 1, False: 1}
        # Gains of the latest trials from the present base, up (True) and down.
        self._gains: dict[bool, deque[float]] = {up: deque(maxlen=4) for up in (True, False)}
        self._changed_at: float | None = None
        self._pace_s = 0.0
        self._sums: Sums | None = None

    def begin(self, now: float, samples: int) -> None:
        """Count samples that are sent."""
        self._pass(now)
        self.held += samples
        if self._sums is None and self._is_settled(now):
            self._sums = Sums(now)

    def end(self, now: float, samples: int) -> None:
        """Count samples that are there no more, answered or not."""
        self._pass(now)
        self.held -= samples

    def answered(self, now: float, sent: float, samples: int, tokens: int) -> None:
        """Learn from a request that was answered; to be called before its `end`.

        Args:
          now: seconds.
          sent: when it was sent.
          samples: samples of it.
          tokens: tokens of all of them.
        """
        self._pass(now)
        self._pace_s = now - sent if not self._pace_s else 0.9 * self._pace_s + 0.1 * (now - sent)
        sums = self._sums
        if sums is None:
            if self._is_settled(now):
                self._sums = Sums(now)
            return
        if sent < sums.began:
            return
        sums.seconds += (now - sent) * samples
        sums.tokens += max(tokens, samples)
        sums.answers += 1
        sums.samples += samples
        enough = sums.samples >= max(LEAST_SAMPLES, self.limit) and sums.answers >= LEAST_ANSWERS
        if enough and now > sums.began:
            self._close_window(now, sums)

    def refused(self, now: float, sent: float) -> None:
        """Cut the room for a refusal of a request that was sent at `sent`; once for all that were in flight then."""
        if sent <= self._cut_at:
            return
        self._cut_at = now
        # Of refusals without a window between them only the first tells how much is too much.
        self._growing = not self._calm and self._ceiling < math.inf
        if not self._growing:
            self._ceiling, self._calm = float(self.limit), 0
        self._settle(max(self._least, int(min(self.limit, max(self.held, 1)) * CUT)), now, None)

    def _is_settled(self, now: float) -> bool:
        """Return whether the server has as much as the limit says, or has had the time for it."""
        if self._changed_at is None or now - self._changed_at > 2 * self._pace_s > 0:
            return True
        return 0.9 * self.limit <= self.held <= self.limit

    def _close_window(self, now: float, sums: Sums) -> None:
        """Decide what comes next, now that the present limit was measured."""
        self._sums = None
        in_flight = sums.area / (now - sums.began)
        if in_flight < _USED * self.limit or not sums.seconds:
            # Too little is asked for: nothing was learnt of this limit.
            return
        measured = Measured(in_flight, in_flight * sums.tokens / sums.seconds)
        self._calm += 1
        if self._calm >= KEPT_WINDOWS:
            self._ceiling, self._calm = self._ceiling * _UP, 0
        if self._measured is None or self.limit == self._base:
            if self._measured is not None and abs(math.log(measured.speed / self._measured.speed)) > _OTHER:
                self._forget_trials()
            self._measured = measured
            self._try_another(now)
        elif self._growing:
            self._grow(now, _gain(self._measured, measured), measured)
        else:
            self._judge(now, _gain(self._measured, measured), measured)

    def _grow(self, now: float, gain: float, measured: Measured) -> None:
        """Go on growing where more room brought something, else hold what is better."""
        if gain > _WORTH:
            self._settle(self.limit, now, measured)
            self._try_another(now, linear=gain > _LINEAR)
            return
        self._growing = False
        self._ups, self._down = False, _DOWN_FAST if gain < _HARMFUL else _DOWN
        self._settle(self.limit if gain > _NOTHING else self._base, now, None)

    def _judge(self, now: float, gain: float, measured: Measured) -> None:
        """Keep the limit that was tried where it is better, else go back and try the other direction next."""
        up = self.limit > self._base
        self._gains[up].append(gain)
        mean = sum(self._gains[up]) / len(self._gains[up])
        if mean > _WORTH if up else mean < _NOTHING:
            self._down = _DOWN_FAST if not up and gain < _HARMFUL else _DOWN
            self._settle(self.limit, now, measured)
            self._ups = up
            self._try_another(now)
            return
        # What was clearly worse is tried again later than what hardly differs.
        clearly = gain < _HARMFUL if up else gain > _CLEARLY
        self._wait[up] = self._pause[up] * (4 if clearly else 1)
        self._pause[up] = min(2 * self._wait[up], _RARELY)
        self._ups, self._down = not up, _DOWN
        self._settle(self._base, now, None)

    def _try_another(self, now: float, *, linear: bool = True) -> None:
        """Set the limit that is compared with the present one; the same one while no trial is due."""
        if self._growing:
            wanted = self.limit * (2 if linear else 1.5)
        else:
            due = [up for up in (self._ups, not self._ups) if not self._wait[up]]
            self._wait = {up: max(0, wait - 1) for up, wait in self._wait.items()}
            if not due:
                return
            up = due[0]
            factor = _UP if up else self._down
            wanted = max(self.limit * factor, self.limit + 1) if up else min(self.limit * factor, self.limit - 1)
        most = min(self._most, max(self._least, self._ceiling * (CUT if self._growing else 0.95)))
        limit = round(max(self._least, min(wanted, most)))
        if limit == self.limit:
            self._ups = not self._ups
            self._growing = False
            return
        self.limit, self._changed_at = limit, now

    def _forget_trials(self) -> None:
        """Have both directions tried soon."""
        for gains in self._gains.values():
            gains.clear()
        self._wait = {True: 0, False: 0}
        self._pause = {True: 1, False: 1}

    def _settle(self, base: int, now: float, measured: Measured | None) -> None:
        """Take `base` as the limit to compare with; without `measured` it is measured first."""
        if base != self._base:
            self._forget_trials()
        if base != self.limit:
            self._changed_at = now
        self.limit = self._base = base
        self._measured = measured
        self._sums = None

    def _pass(self, now: float) -> None:
        """Count the time since the last change."""
        if self._sums is not None:
            self._sums.area += (now - max(self._at, self._sums.began)) * self.held
        self._at = now


def _gain(base: Measured, tried: Measured) -> float:
    """Return the change of throughput over that of samples in flight, as logarithms; 1 where it cannot be told."""
    room = math.log(tried.in_flight / base.in_flight)
    # A trial that changed nothing says nothing, for or against.
    return math.log(tried.speed / base.speed) / room if abs(room) > 0.02 else (_WORTH + _NOTHING) / 2
