"""Work of a comparison: choose amounts on the pilot's questions, then run every method on the others.

All runs share the engines, workers and writers (`EnginePools`). Of a run that is done there is a result
(`results.py`), and it is not begun again; one that was cut off goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from factory.evaluation.equal_budget import nearest_amount, next_amount
from factory.evaluation.method_comparison import Measured
from factory.evaluation.method_scores import COLUMNS, MethodScores, scores_of
from factory.shards.commits import read_rows
from factory.storage.opening import open_store
from factory.text.durations import clock
from pipelines.driving.drive import Progress
from pipelines.driving.events import Event
from pipelines.method_comparison.parts import PILOT, TEST, Comparison, Part, named_method
from pipelines.method_comparison.results import Results
from pipelines.planning.survey import Screen
from pipelines.run.engine_pools import EnginePools
from pipelines.run.fleet import Fleet
from pipelines.run.labelling import LabelOptions, label
from pipelines.run.listener import Listener, Outlook
from pipelines.run.settings import Settings

# Whose the policy's engines are: there is one set of them.
_WHO = ""


class Interrupted(Exception):
    """End of the work before all was done.

    Somebody asked for it, a budget was used up (the sentence `stopped`), or `short` units hold less than was asked for.
    """

    def __init__(self, short: int = 0, stopped: str = "") -> None:
        super().__init__(stopped or f"{short} units are short")
        self.short = short
        self.stopped = stopped


class SaysOnce(Listener):
    """Listener that passes news on, but no line twice: the runs of a comparison have much in common."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._said: set[str] = set()

    def begin(self, outlook: Outlook) -> None:
        """Pass on what lies ahead."""
        self._listener.begin(outlook)

    def progress(self, progress: Progress) -> None:
        """Pass on how far the units are."""
        self._listener.progress(progress)

    def event(self, event: Event) -> None:
        """Pass on what happened to a single unit, question or actor."""
        self._listener.event(event)

    def say(self, line: str) -> None:
        """Pass a line on, once."""
        if line not in self._said:
            self._said.add(line)
            self._listener.say(line)


@dataclass(slots=True, kw_only=True)
class Work:
    """Runs of a comparison, done or to be done, and what they share.

    Attributes:
      comparison: methods, questions and budget.
      results: results of the runs that are done.
      listener: receiver of the news.
      pools: engines, workers and writers.
      screen: what the survey knows of the source's gold answers; None where it knows nothing of them.
      check: called about twice a second; may raise to end the work.
      retry_failed: questions that failed are tried again.
      said: remarks on prompts that the user has read already.
    """

    comparison: Comparison
    results: Results
    listener: Listener
    pools: EnginePools
    screen: Screen | None
    check: Callable[[], None]
    retry_failed: bool = False
    said: set[str] = field(default_factory=set)
    _seconds: float = field(default=0.0, init=False)

    def do(self) -> None:
        """Do what is missing. Raises `Interrupted` where that was not possible."""
        parts = chosen(self.comparison, self.results, self._tried)
        if self.comparison.compare.calibrates:
            self.listener.say(f"amounts: {', '.join(part.said for part in parts)}")
        weights = [float(part.amount or 1) if self.comparison.compare.amounts else 1.0 for part in parts]
        spent = done = 0.0
        for number, (part, weight) in enumerate(zip(parts, weights, strict=True), start=1):
            left = f"; about {clock(spent / done * sum(weights[number - 1 :]))} left" if done else ""
            done_before = " was done before" if self.results.of(part).scores else left
            self.listener.say(f"method {number} of {len(parts)}: {part.said}{done_before}")
            began = self._seconds
            self._scores(part)
            if self._seconds > began:
                spent, done = spent + self._seconds - began, done + weight

    def _tried(self, part: Part) -> MethodScores:
        """Return the scores of a pilot run, done now where it is missing; a line says what it spent."""
        known = self.results.of(part).scores is not None
        scores = self._scores(part)
        if not known:
            tokens = scores.tokens(self.comparison.compare.scored_weight)
            self.listener.say(f"pilot: {part.said} spends {tokens:,.0f} tokens a question")
        return scores

    def _scores(self, part: Part) -> MethodScores:
        """Return the scores of a run, done now where it is missing. Raises `Interrupted`."""
        known = self.results.of(part).scores
        if known is not None and not (self.retry_failed and known.failed):
            return known
        began = self._seconds
        options = LabelOptions(
            retry_failed=self.retry_failed, staff=self._staff, screen=self.screen, check=self.check, said=self.said
        )
        scores, end = None, Interrupted()
        try:
            with named_method(part.method):
                summary = label(part.settings, self.listener, options)
            end = Interrupted(summary.short, summary.stopped)
            if summary.complete and not summary.interrupted:
                rows = read_rows(open_store(part.settings.run.dir, part.settings.storage), COLUMNS)
                scores = scores_of(rows, part.scorers, part.judge)
        finally:
            if scores is not None or self._seconds > began:
                self.results.add(part, self._seconds - began, scores)
        if scores is None:
            raise end
        return scores

    @contextmanager
    def _staff(self, settings: Settings) -> Iterator[Fleet]:
        """Yield the shared actors, and count the time that they work."""
        with self.pools.staff(_WHO, settings) as fleet:
            began = time.monotonic()
            try:
                yield fleet
            finally:
                self._seconds += time.monotonic() - began


def chosen(comparison: Comparison, results: Results, tried: Callable[[Part], MethodScores] | None = None) -> list[Part]:
    """Return the runs on the test's questions, in order: each method with its amounts.

    Args:
      comparison: methods, questions and budget.
      results: results of the runs that are done.
      tried: scores of a pilot run, which it does where that is missing; without it, a method whose amount is not
        settled by what is done is left out.
    """
    if not comparison.compare.calibrates:
        return [part for name in comparison.methods for part in comparison.given(name)]

    def measure(part: Part) -> MethodScores | None:
        return tried(part) if tried else results.of(part).scores

    target = float(comparison.compare.tokens)
    first = comparison.part(comparison.reference, PILOT)
    if not target and len(comparison.methods) > 1:
        scores = measure(first)
        if scores is None:
            return []
        target = scores.tokens(comparison.compare.scored_weight)
    parts = (_at_budget(comparison, name, target, measure) for name in comparison.methods)
    return [part for part in parts if part is not None]


def _at_budget(
    comparison: Comparison, name: str, target: float, measure: Callable[[Part], MethodScores | None]
) -> Part | None:
    """Return the run of a method with the amount that spends most nearly `target` tokens on a pilot question.

    None where that cannot be told yet.
    """
    own = comparison.part(name, TEST)
    is_budget = name == comparison.reference and not comparison.compare.tokens
    if own.amount is None or is_budget or not target:
        return own
    spent: dict[int, float] = {}
    # An entry may say 0, from which nothing can be learned.
    amount: int | None = max(own.amount, 1)
    while amount is not None:
        scores = measure(comparison.part(name, PILOT, amount))
        if scores is None:
            return None
        spent[amount] = scores.tokens(comparison.compare.scored_weight)
        amount = next_amount(spent, target, lambda other: comparison.takes(name, other))
    return comparison.part(name, TEST, nearest_amount(spent, target))


def measured(parts: list[Part], results: Results) -> list[Measured]:
    """Return the scores of those runs that are done."""
    known = ((part, results.of(part).scores) for part in parts)
    return [
        Measured(method=part.method, amount=part.amount, scores=scores) for part, scores in known if scores is not None
    ]
