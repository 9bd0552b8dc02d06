"""Measures of a running factory: every number that can be watched, by name, and the seam that it leaves by. Pure.

Prometheus sees `factory_rollouts` as `ray_factory_rollouts_total`, since Ray puts `ray_` before every name and
`_total` behind those of counters (`series`). The dashboard and the alerts of `cluster/monitoring/` ask for no others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

COUNTER, GAUGE, HISTOGRAM = "counter", "gauge", "histogram"
# Upper bounds of the classes of a histogram, in seconds.
_LONG = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
_SHORT = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)


@dataclass(frozen=True, slots=True)
class Measure:
    """Number that can be watched.

    Attributes:
      name: its name, without what Ray and Prometheus add.
      kind: COUNTER (only rises), GAUGE (as it is now) or HISTOGRAM (how often which size).
      help: what it counts, for a person.
      labels: names of its labels; the values of each are few, whatever the length of a run.
      bounds: upper bounds of the classes of a histogram.
    """

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()

    @property
    def series(self) -> tuple[str, ...]:
        """Names under which Prometheus has it."""
        name = f"ray_{self.name}"
        if self.kind == HISTOGRAM:
            return (f"{name}_bucket", f"{name}_count", f"{name}_sum")
        return (f"{name}_total",) if self.kind == COUNTER else (name,)


_RUN, _ENGINE = ("run",), ("run", "role", "engine")
MEASURES = {
    measure.name: measure
    for measure in (
        # Counted by a run's driver.
        Measure("factory_rollouts", COUNTER, "Completions asked of the policy", (*_RUN, "use")),
        Measure("factory_tokens", COUNTER, "Tokens that the policy has written", _RUN),
        Measure("factory_questions", COUNTER, "Questions of committed units, by how they ended", (*_RUN, "status")),
        Measure("factory_units", COUNTER, "Units committed", _RUN),
        Measure("factory_solutions", COUNTER, "Solutions of committed units, by verdict", (*_RUN, "verdict")),
        Measure("factory_first_errors", COUNTER, "First wrong steps located", _RUN),
        Measure("factory_steps", COUNTER, "Steps labelled", (*_RUN, "label")),
        Measure("factory_retries", COUNTER, "Units handed out again after their worker's death", _RUN),
        Measure("factory_role_calls", COUNTER, "Requests to the model of a role", (*_RUN, "role")),
        Measure("factory_role_tokens", COUNTER, "Tokens of a role's model, read and written", (*_RUN, "role", "way")),
        Measure("factory_role_money", COUNTER, "Money that a role's model has cost", (*_RUN, "role")),
        Measure("factory_units_in_flight", GAUGE, "Units handed out and not back", _RUN),
        Measure("factory_questions_unfinished", GAUGE, "Questions that are begun and not finished", _RUN),
        Measure("factory_seconds_since_commit", GAUGE, "Time since the last commit, or the first unit", _RUN),
        # Of every engine, as its driver hears it.
        Measure("factory_engine_slots", GAUGE, "Samples that an engine computes at a time", _ENGINE),
        Measure("factory_engine_running", GAUGE, "Samples that an engine computes now", _ENGINE),
        Measure("factory_engine_waiting", GAUGE, "Samples that wait for a slot of an engine", _ENGINE),
        Measure("factory_engine_busy", GAUGE, "Share of an engine's slots in use since the last look", _ENGINE),
        Measure("factory_engine_cache_hits", GAUGE, "Share of prompt tokens in an engine's cache", _ENGINE),
        Measure("factory_engine_cache_full", GAUGE, "Share of an engine's KV cache that is taken", _ENGINE),
        Measure("factory_engine_out", GAUGE, "1 while an engine gives no answer, else 0", _ENGINE),
        Measure("factory_engine_restarts", COUNTER, "Restarts of an engine", _ENGINE),
        Measure("factory_engine_preemptions", COUNTER, "Samples that lost their place in the KV cache", _ENGINE),
        Measure("factory_engine_tokens", COUNTER, "Tokens of an engine, read and written", (*_ENGINE, "way")),
        Measure("factory_gpu_seconds", COUNTER, "GPU time that the engines of a role have held", (*_RUN, "role")),
        # Observed by the actors themselves, on every node.
        Measure("factory_request_seconds", HISTOGRAM, "Time of one request in an engine", ("kind",), _LONG),
        Measure("factory_commit_seconds", HISTOGRAM, "Time of one commit of a unit", (), _LONG),
        Measure("factory_checker_verdicts", COUNTER, "Verdicts given", ("checker", "stage", "outcome")),
        Measure("factory_checker_busy_seconds", COUNTER, "Time spent on checks", ("checker", "stage")),
        Measure("factory_checker_slow_seconds", HISTOGRAM, "Wall clock of a slow check", ("checker",), _SHORT),
        Measure("factory_checker_worker_deaths", COUNTER, "Processes that died of an item", ("checker",)),
    )
}
"""Everything that can be watched, by name."""


class Meter(Protocol):
    """Receiver of measures. A name or a label that `MEASURES` does not have is a bug and raises `KeyError`."""

    def count(self, name: str, more: float, **labels: str) -> None:
        """Raise a counter by `more`, 0 or above."""

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Add a value to a histogram."""
