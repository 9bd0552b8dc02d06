"""Metrics of an answer checker, for whoever watches the cluster.

`factory_checker_verdicts` counts by stage and outcome, `factory_checker_busy_seconds` adds up by stage: one over the
other is the mean time of a check. `factory_checker_slow_seconds` is the distribution where it matters. The same sums
stand in a run's `logs/attempt_N/attempt.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from factory.measures import Meter


class CheckerMetrics:
    """Teller of what one checker actor does.

    Args:
      meter: receiver of the measures.
      kind: the checker's.
    """

    def __init__(self, meter: Meter, kind: str) -> None:
        self._meter = meter
        self._kind = kind

    def observe(self, stage: str, outcomes: Mapping[str, int], seconds: Sequence[float], deaths: int) -> None:
        """Count what one call to a stage came to.

        Args:
          stage: "fast" or "slow".
          outcomes: number of verdicts by outcome.
          seconds: of each check, or of a whole batch.
          deaths: workers that died of it.
        """
        for outcome, count in outcomes.items():
            self._meter.count("factory_checker_verdicts", count, checker=self._kind, stage=stage, outcome=outcome)
        self._meter.count("factory_checker_busy_seconds", sum(seconds), checker=self._kind, stage=stage)
        if stage == "slow":
            for value in seconds:
                self._meter.observe("factory_checker_slow_seconds", value, checker=self._kind)
        self._meter.count("factory_checker_worker_deaths", deaths, checker=self._kind)
