"""Figures of one generator: what it was asked and what came of it, in totals since its actor started."""

from __future__ import annotations

from collections.abc import Callable

from actors.engine_calls.occupancy import Occupancy
from factory.errors import QuestionFailed
from factory.rollouts.cost import cost_of
from factory.types import Completion, Scores


class GeneratorFigures:
    """Totals of requests, completions and tokens; what the engine holds just now is its `Occupancy`'s.

    Args:
      occupancy: learns from each result how fast the engine is and what its cache holds.
      observe: hears how many seconds each request has taken.
    """

    def __init__(self, occupancy: Occupancy, observe: Callable[[float], None] = lambda seconds: None) -> None:
        self._occupancy = occupancy
        self._observe = observe
        self._counts = {"requests": 0, "completions": 0, "failed": 0, "prompt_tokens": 0, "output_tokens": 0}

    @property
    def requests(self) -> float:
        """Requests that were answered so far, whatever with."""
        return self._counts["requests"]

    def count(self, result: list[Completion] | Scores | QuestionFailed, seconds: float) -> None:
        """Add up what the result of one request holds, which took so many seconds."""
        self._counts["requests"] += 1
        self._observe(seconds)
        if isinstance(result, Scores):
            # A request for scores counts as one token, as it does where its time is measured.
            self._occupancy.answered(seconds, 1, 1)
            self._counts["prompt_tokens"] += result.tokens
            return
        cost = cost_of(result)
        self._counts["prompt_tokens"] += cost.prompt_tokens
        self._counts["output_tokens"] += cost.completion_tokens
        self._occupancy.read(cost.prompt_tokens, cost.cached_tokens)
        if isinstance(result, QuestionFailed):
            self._counts["failed"] += 1
            return
        self._counts["completions"] += len(result)
        # A copy took no time.
        sampled = sum([completion.sampled_tokens > 0 for completion in result])
        self._occupancy.answered(seconds, sampled, cost.completion_tokens)

    def stats(self, now: float, *, queued: int, in_flight: int, engine: dict[str, float]) -> dict[str, float]:
        """Return all figures, as `Generator.stats` describes them.

        Args:
          now: seconds.
          queued: samples that wait for the engine in its actor.
          in_flight: requests that are not answered yet.
          engine: what the engine says of itself, which counts where it knows better.
        """
        return {**self._occupancy.stats(now, queued, engine), **self._counts, "in_flight": in_flight}
