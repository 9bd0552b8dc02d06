"""History of how much a run's engines were used: few points, however long the run. Pure.

A point holds totals since the attempt's begin, so that points can be left out: rates follow from any two of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from pipelines.driving.engine_figures import EngineFigures

POINTS = 240
"""Most points that are kept of a role."""
Point = tuple[float, float, float, float, int]
"""Time in seconds since 1970; slot-seconds used, those there were, tokens sampled (all in all); samples waiting."""


class EngineHistory:
    """Points of each role, at first each that is added, then every second, fourth, …"""

    def __init__(self) -> None:
        self._points: dict[str, list[Point]] = {}
        self._gap_s = 0.0

    def add(self, at: float, engines: Sequence[EngineFigures], gone: Sequence[EngineFigures] = ()) -> None:
        """Add a point of each role.

        Args:
          at: seconds since 1970.
          engines: figures of the engines that are there.
          gone: sums over those that are gone, by role.
        """
        for role in dict.fromkeys(engine.role for engine in (*engines, *gone)):
            points = self._points.setdefault(role, [])
            if points and at - points[-1][0] < self._gap_s:
                continue
            mine = [engine for engine in (*engines, *gone) if engine.role == role]
            used, tokens = (sum(getattr(one, name) for one in mine) for name in ("slot_seconds", "output_tokens"))
            room = sum(one.slots * one.seconds for one in mine)
            points.append((round(at, 1), round(used, 1), round(room, 1), tokens, sum(one.waiting for one in mine)))
            if len(points) > POINTS:
                # The last one stays: it is the newest.
                self._points[role] = points[-1::-2][::-1]
                self._gap_s = 1.5 * (self._points[role][-1][0] - self._points[role][0][0]) / POINTS

    def as_dict(self) -> dict[str, list[Point]]:
        """Return the points by role, as the attempt's log keeps them."""
        return self._points


def rates(points: Sequence[Sequence[Any]]) -> list[Mapping[str, Any]]:
    """Return what lies between any two points of a role that follow each other.

    Each has "at" (the end), "seconds" (its length), "busy" (share of the slots, None where nobody says), "tokens_per_s"
    and "waiting" (at the end).
    """
    between: list[Mapping[str, Any]] = []
    for before, now in pairwise(points):
        seconds, used, room, tokens = (float(now[place]) - float(before[place]) for place in range(4))
        if seconds > 0:
            # Room is counted by the slots that there are now: where they changed, a share may be out of range.
            busy = min(1.0, max(0.0, used / room)) if room > 0 else None
            speed = max(0.0, tokens / seconds)
            between.append({"at": now[0], "seconds": seconds, "busy": busy, "tokens_per_s": speed, "waiting": now[4]})
    return between


def thinned(between: Sequence[Mapping[str, Any]], most: int = POINTS) -> list[Mapping[str, Any]]:
    """Return at most `most` rates of a role, in order of time: the mean over the time of neighbours in place of them.

    `between` may come from several histories: a gap among neighbours does not count.
    """
    size = -(-len(between) // most)
    if size < 2:
        return list(between)
    return [_mean(between[first : first + size]) for first in range(0, len(between), size)]


def _mean(some: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return what stands in place of some rates that follow each other."""
    said = [one for one in some if one["busy"] is not None]
    return {
        **some[-1],
        "seconds": sum(one["seconds"] for one in some),
        "busy": over_time(said, "busy") if said else None,
        "tokens_per_s": over_time(some, "tokens_per_s"),
    }


def over_time(some: Sequence[Mapping[str, Any]], name: str) -> float:
    """Return the mean of a value over the time; each of `some` took more than none."""
    return float(sum(one[name] * one["seconds"] for one in some) / sum(one["seconds"] for one in some))
