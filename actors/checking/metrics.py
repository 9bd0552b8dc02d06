"""Metrics of an answer checker for Ray, from which Prometheus collects them on every node of a cluster.

`factory_checker_verdicts` counts by stage and outcome, `factory_checker_busy_seconds` adds up by stage: one over the
other is the mean time of a check. `factory_checker_slow_seconds` is the distribution where it matters. Ray exports
them where `ray[default]` is installed; elsewhere the same sums stand in a run's `logs/attempt_N/attempt.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ray.util.metrics import Counter, Histogram

_SLOW_BOUNDS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100]


class CheckerMetrics:
    """Counters of one checker process, made inside the actor; `kind` is the checker's."""

    def __init__(self, kind: str) -> None:
        tags = {"checker": kind}
        self._verdicts = Counter("factory_checker_verdicts", "Verdicts given", ("checker", "stage", "outcome"))
        self._busy = Counter("factory_checker_busy_seconds", "Time spent on checks", ("checker", "stage"))
        self._slow = Histogram("factory_checker_slow_seconds", "Wall clock of a slow check", _SLOW_BOUNDS, ("checker",))
        self._deaths = Counter("factory_checker_worker_deaths", "Workers that died of an item", ("checker",))
        for metric in (self._verdicts, self._busy, self._slow, self._deaths):
            metric.set_default_tags(tags)

    def observe(self, stage: str, outcomes: Mapping[str, int], seconds: Sequence[float], deaths: int) -> None:
        """Count what one call to a stage came to.

        Args:
          stage: "fast" or "slow".
          outcomes: number of verdicts by outcome.
          seconds: of each check, or of a whole batch.
          deaths: workers that died of it.
        """
        for outcome, count in outcomes.items():
            self._verdicts.inc(count, {"stage": stage, "outcome": outcome})
        if total := sum(seconds):
            self._busy.inc(total, {"stage": stage})
        if stage == "slow":
            for value in seconds:
                self._slow.observe(value)
        if deaths:
            self._deaths.inc(deaths)
