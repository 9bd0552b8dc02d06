"""Accuracy, pass@k and majority vote of a model on a set of questions, read off the records of a run.

pass@k is the probability that at least one of `k` samples is right, by the unbiased estimator of Chen et al.,
arXiv 2107.03374, eq. 1. Majority vote is self-consistency (Wang et al., arXiv 2203.11171).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod, sqrt
from typing import Any

from factory.answers.normalise import normalise
from factory.rollouts.nodes import GIVEN, PROBE
from factory.types import LENGTH, Outcome

COLUMNS = ["solutions", "status"]
"""Columns of a record that `score` reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Means over `questions`; the errors are standard errors of these means, None for a single question.

    * `samples`: number of samples; a text counts as often as it came. `unparsable`, `truncated`: those of them without
      a readable answer, or cut off.
    * `accuracy`: share of samples that are right (in greedy runs: of questions).
    * `pass_at`: pass@k by k.
    * `majority`: share of questions whose most frequent final answer is right; where k answers are equally frequent, a
      right one among them counts 1/k.
    * `failed`: questions that failed; they count as not solved.
    """

    questions: int
    samples: int
    accuracy: float
    accuracy_error: float | None
    pass_at: dict[int, float]
    pass_at_error: dict[int, float | None]
    majority: float
    unparsable: int
    truncated: int
    failed: int


@dataclass(slots=True)
class _Mean:
    """Running mean and standard error of numbers that come one by one (Welford, Technometrics 4(3), 1962)."""

    n: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, value: float) -> None:
        """Add one number."""
        self.n += 1
        before = value - self.mean
        self.mean += before / self.n
        self.squares += before * (value - self.mean)

    @property
    def error(self) -> float | None:
        """Standard error of the mean; None before the second number."""
        return sqrt(self.squares / (self.n - 1) / self.n) if self.n > 1 else None


@dataclass(slots=True)
class _Samples:
    """Counts over the samples of one question; `answers` holds the wrong final answers."""

    n: int = 0
    right: int = 0
    unparsable: int = 0
    truncated: int = 0
    answers: Counter[str] = field(default_factory=Counter)

    def add(self, solution: Mapping[str, Any], times: int) -> None:
        """Count one solution of a record, as often as its text came."""
        # Cut-off samples first: their verdict is about an unfinished text.
        verdict = solution["verdict"]
        self.n += times
        if solution["finish_reason"] == LENGTH:
            self.truncated += times
        elif verdict == Outcome.CORRECT:
            self.right += times
        elif verdict == Outcome.UNPARSABLE:
            self.unparsable += times
        elif solution["final_answer"] is not None:
            self.answers[normalise(solution["final_answer"])] += times

    @property
    def majority(self) -> float:
        """Share of right answers among the most frequent ones; right answers count as one, however they are written."""
        if not self.right or any(count > self.right for count in self.answers.values()):
            return 0.0
        return 1 / (1 + sum(count == self.right for count in self.answers.values()))


def _samples(solutions: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], int]]:
    """Return the samples among a record's solutions, each with how often it came."""
    searched = [solution for solution in solutions if solution["method"] not in (GIVEN, PROBE)]
    # Rows before schema 5 do not say, as all of theirs are independent.
    drawn = [(solution, solution["occurrences"]) for solution in searched if solution.get("independent") is not False]
    return drawn or [(solution, 1) for solution in searched if solution.get("selected")]


def pass_at_k(n: int, right: int, k: int) -> float:
    """Return the probability that a right sample is among `k` drawn ones (Chen et al., arXiv 2107.03374, eq. 1).

    Args:
      n: number of samples.
      right: how many of them are right.
      k: how many are drawn, without replacement.

    Raises:
      ValueError: unless 1 <= k <= n and 0 <= right <= n.
    """
    if not 1 <= k <= n or not 0 <= right <= n:
        raise ValueError(f"got k={k} of n={n} samples with {right} right; expected 1 <= k <= n, 0 <= right <= n")
    # Fewer wrong samples than draws: one of them must be right.
    if n - right < k:
        return 1.0
    # The estimator as a product, which does not overflow as binomial coefficients do.
    return 1 - prod(1 - k / drawn for drawn in range(n - right + 1, n + 1))


def score(rows: Iterable[Mapping[str, Any]], ks: Sequence[int] = (1,)) -> Scores:
    """Return the scores of a run, from its records in one pass, holding one at a time.

    Only independent samples of the bare question count: no solutions that came with it, no rollouts for labels, none
    that a search has guided, revised or put together. Where there are none, the solution that the search has selected
    is the one sample. A sample that was cut off is not right, whatever its verdict, unless the checker let its answer
    count (`factory.types.ANSWERED`). A
    question with fewer samples than k counts with those it has, which can only make pass@k smaller. Raises `ValueError`
    without rows, and for a k below 1.
    """
    if any(k < 1 for k in ks):
        raise ValueError(f"got k of {', '.join(map(str, ks))}; expected whole numbers from 1 on")
    accuracy, majority = _Mean(), _Mean()
    passed = {k: _Mean() for k in ks}
    total = _Samples()
    failed = 0
    # Phase 1: count the samples of each question, and add its shares to the means.
    for row in rows:
        samples = _Samples()
        for solution, times in _samples(row["solutions"]):
            samples.add(solution, times)
        total.n += samples.n
        total.unparsable += samples.unparsable
        total.truncated += samples.truncated
        # A failed question, or one without samples, counts as not solved instead of being left out.
        counts = row["status"] != "failed" and samples.n > 0
        failed += row["status"] == "failed"
        accuracy.add(samples.right / samples.n if counts else 0.0)
        majority.add(samples.majority if counts else 0.0)
        for k, mean in passed.items():
            mean.add(pass_at_k(samples.n, samples.right, min(k, samples.n)) if counts else 0.0)
    # Phase 2: read off the means.
    if not accuracy.n:
        raise ValueError("got no rows to score; expected the records of a run")
    return Scores(
        questions=accuracy.n,
        samples=total.n,
        accuracy=accuracy.mean,
        accuracy_error=accuracy.error,
        pass_at={k: mean.mean for k, mean in passed.items()},
        pass_at_error={k: mean.error for k, mean in passed.items()},
        majority=majority.mean,
        unparsable=total.unparsable,
        truncated=total.truncated,
        failed=failed,
    )
