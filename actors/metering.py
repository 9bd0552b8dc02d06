"""Meter that hands measures to Ray, from which Prometheus collects them on every node (`cluster/monitoring/`).

Ray serves them where `ray[default]` is installed; elsewhere a call costs as little and does nothing.
"""

from __future__ import annotations

import math
from typing import Any

from ray.util.metrics import Counter, Gauge, Histogram

from factory.measures import COUNTER, GAUGE, MEASURES, Measure


class RayMeter:
    """`Meter` of one process; made within it, and kept: Ray has one object per measure and process."""

    def __init__(self) -> None:
        self._made: dict[str, Any] = {}

    def count(self, name: str, more: float, **labels: str) -> None:
        """Raise a counter by `more`, 0 or above."""
        # Ray takes no rise by nothing. The smallest number there is adds nothing, and makes a series begin at 0, so
        # that a rate over it is 0 and not unknown.
        self._metric(name).inc(more or math.ulp(0.0), labels)

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        self._metric(name).set(value, labels)

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Add a value to a histogram."""
        self._metric(name).observe(value, labels)

    def _metric(self, name: str) -> Any:
        """Return Ray's object for a measure, made when first needed."""
        if name not in self._made:
            self._made[name] = _made(MEASURES[name])
        return self._made[name]


def _made(measure: Measure) -> Counter | Gauge | Histogram:
    """Return Ray's object for a measure."""
    if measure.kind == COUNTER:
        return Counter(measure.name, measure.help, measure.labels)
    if measure.kind == GAUGE:
        return Gauge(measure.name, measure.help, measure.labels)
    return Histogram(measure.name, measure.help, list(measure.bounds), measure.labels)
