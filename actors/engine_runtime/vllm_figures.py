"""Figures of how full vLLM is, as its scheduler says after every step, and since when it has said nothing.

`Figures` needs no vLLM; `stat_loggers` makes of it what vLLM calls after every step. It costs 5.6 us for each token
in the process of the actor, measured beside other load: vLLM counts the latency of every token once anybody asks for
its figures. One histogram of vLLM's own Prometheus logger, which is not made, would cost another 1.6.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any


@dataclass
class _Said:
    """Last words of one scheduler; vLLM has several with data parallelism."""

    running: int = 0
    cache_usage: float = 0.0


class Figures:
    """Figures of one engine. `record` hears of every step, `holding` of the samples handed to vLLM.

    The scheduler's word is one step old, and it says nothing any more once its last sample was ended from outside, as a
    stop string does. So nothing runs that vLLM has not to do, and what it has to do and does not run waits.

    Args:
      clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.slots = 0
        self._unfinished: Callable[[], int] | None = None
        self._clock = clock
        self._said: dict[int, _Said] = {}
        self._handed = 0
        self._counted = self._sign_of_life = clock()
        self._slot_seconds = 0.0
        self._most_running = 0
        self._queries = self._hits = self._preempted = 0

    def started(self, slots: int, unfinished: Callable[[], int] | None) -> None:
        """Hear that the engine is up.

        Args:
          slots: samples that it computes at a time.
          unfinished: samples that it has to do; None where vLLM cannot say: then those of a request count as such until
            the last of them is done.
        """
        self.slots, self._unfinished = slots, unfinished

    @contextmanager
    def holding(self, samples: int) -> Iterator[None]:
        """Count samples as handed to vLLM for the block: until their request is answered or given up."""
        self._count()
        if not self._handed:
            # It had nothing to do, so its silence up to now means nothing.
            self._sign_of_life = self._clock()
        self._handed += samples
        try:
            yield
        finally:
            self._count()
            self._handed -= samples

    def record(self, said: Any, engine: int = 0, step: Any = None) -> None:
        """Hear of a step.

        Args:
          said: vLLM's `SchedulerStats`; None where a step has none. What it lacks counts as 0.
          engine: number of the scheduler.
          step: vLLM's `IterationStats`; None where a step has none.
        """
        self._count()
        self._sign_of_life = self._clock()
        self._preempted += getattr(step, "num_preempted_reqs", 0)
        if said is None:
            return
        self._said[engine] = _Said(getattr(said, "num_running_reqs", 0), getattr(said, "kv_cache_usage", 0.0))
        self._most_running = max(self._most_running, self._running)
        if (prefixes := getattr(said, "prefix_cache_stats", None)) is not None:
            self._queries += prefixes.queries
            self._hits += prefixes.hits

    def stats(self) -> dict[str, float]:
        """Return the figures, by name.

        `last_step_s`: seconds without a sign of life, 0 while there is nothing to do. `kv_cache_usage`: share of the
        cache that is taken, 0 to 1. `preemptions`: how often a sample lost its place in it and has to be computed anew.
        `prefix_queries`, `prefix_hits`: tokens of prompts, and those that were cached.
        """
        self._count()
        return {
            "slots": self.slots,
            "running": self._running,
            "waiting": self._left - self._running,
            "slot_seconds": self._slot_seconds,
            "most_running": self._most_running,
            "last_step_s": self._clock() - self._sign_of_life if self._handed else 0.0,
            "kv_cache_usage": max((said.cache_usage for said in self._said.values()), default=0.0),
            "preemptions": self._preempted,
            "prefix_queries": self._queries,
            "prefix_hits": self._hits,
        }

    @property
    def _left(self) -> int:
        return min(self._handed, self._unfinished()) if self._unfinished else self._handed

    @property
    def _running(self) -> int:
        return min(self._left, sum(said.running for said in self._said.values()))

    def _count(self) -> None:
        """Add the time of the slots since the last change."""
        now = self._clock()
        self._slot_seconds += self._running * (now - self._counted)
        self._counted = now


def unfinished_of(llm: Any) -> Callable[[], int] | None:
    """Return the function by which vLLM's `AsyncLLM` says how many samples it has to do; None where it has none."""
    processor = getattr(llm, "output_processor", None)
    count: Callable[[], int] | None = getattr(processor, "get_num_unfinished_requests", None)
    return count


def stat_loggers(figures: Figures, make: Callable[..., Any]) -> dict[str, Any]:
    """Return the argument by which vLLM tells `figures` of its steps; nothing where it has no such thing.

    Args:
      figures: hearer of the steps.
      make: vLLM's function that makes the engine.
    """
    if "stat_loggers" not in inspect.signature(make).parameters:
        return {}
    try:
        from vllm.v1.metrics.loggers import PrometheusStatLogger
    except ImportError:
        return {}

    # vLLM adds a Prometheus logger of its own unless it gets one, so this is one in name: none of it is made.
    class Told(PrometheusStatLogger):
        """Logger that tells `figures` of every step and logs nothing."""

        def __init__(self, *_: Any, **__: Any) -> None: ...

        def record(
            self,
            scheduler_stats: Any = None,
            iteration_stats: Any = None,
            mm_cache_stats: Any = None,
            engine_idx: int = 0,
            **_: Any,
        ) -> None:
            figures.record(scheduler_stats, engine_idx, iteration_stats)

        def log_engine_initialized(self) -> None: ...

        def log(self) -> None: ...

        def record_sleep_state(self, *_: Any, **__: Any) -> None: ...

        def record_admission_rejection(self, *_: Any, **__: Any) -> None: ...

    return {"stat_loggers": [Told]}
