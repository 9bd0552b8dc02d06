"""Listener that passes a run's news on and keeps them in its log."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping

from pipelines.driving.drive import Progress
from pipelines.driving.events import Event
from pipelines.logging.run_log import INFO, WARNING, RunLog
from pipelines.run.listener import Listener, Outlook

# Seconds between two lines on the progress: some 200 KB a day.
PROGRESS_S = 60.0
# Events of one kind that are kept between two of those; there are as many as questions where all fail.
EVENTS = 20


class Recorded(Listener):
    """Listener in front of another: every line, once a minute the counts, and what went wrong since the last look.

    Of the events of one kind, such as questions that fail, the first `EVENTS` of a minute are kept by their ids.

    Attributes:
      heard_by: the listener that the news are passed on to.
    """

    def __init__(self, heard_by: Listener, log: RunLog, clock: Callable[[], float] = time.monotonic) -> None:
        self.heard_by = heard_by
        self._log = log
        self._clock = clock
        self._last_s = float("-inf")
        self._retried = self._failed = 0
        self._out: frozenset[tuple[str, int]] = frozenset()
        self._events: Counter[str] = Counter()

    def say(self, line: str) -> None:
        """Keep a line and pass it on."""
        self._log.add("said", line)
        self.heard_by.say(line)

    def begin(self, outlook: Outlook) -> None:
        """Keep what lies ahead and pass it on."""
        self._log.add(
            "planned",
            f"{outlook.survey.questions:,} questions in {outlook.units:,} units, "
            f"{outlook.committed:,} committed before",
        )
        self._last_s, self._retried, self._failed = float("-inf"), 0, 0
        self.heard_by.begin(outlook)

    def progress(self, progress: Progress) -> None:
        """Keep what went wrong, and once a minute the counts; pass the state on."""
        if progress.retried > self._retried:
            self._retried = progress.retried
            self._log.add("retried", f"units whose worker died are done again, {self._retried:,} so far", WARNING)
        out = frozenset((engine.role, index) for index, engine in enumerate(progress.engines) if engine.out)
        if out != self._out:
            for role, index in sorted(out - self._out):
                self._log.add("engine out", f"engine {index + 1} ({role}) does not answer", WARNING)
            for role, index in sorted(self._out - out):
                self._log.add("engine back", f"engine {index + 1} ({role}) answers again")
            self._out = out
        if self._clock() - self._last_s >= PROGRESS_S:
            self._last_s = self._clock()
            self._count(progress)
        self.heard_by.progress(progress)

    def event(self, event: Event) -> None:
        """Keep an event, where there are not too many of its kind, and pass it on."""
        self._events[event.kind] += 1
        if self._events[event.kind] <= EVENTS:
            self._log.add(event.kind, event.text, WARNING if event.trouble else INFO, **event.ids)
        self.heard_by.event(event)

    def training(self, report: Mapping[str, float]) -> None:
        """Pass the report on; the trainer keeps its own log."""
        self.heard_by.training(report)

    def _count(self, progress: Progress) -> None:
        """Keep the counts."""
        self._events.clear()
        done = progress.done
        self._log.add(
            "progress",
            f"{progress.units:,} units and {done.questions:,} questions committed by this attempt, "
            f"{done.questions + progress.underway.questions:,} finished, {progress.unfinished:,} under way, "
            f"{done.policy_calls + progress.underway.policy_calls:,} rollouts",
        )
        if done.failed > self._failed:
            self._failed = done.failed
            trouble = f": {progress.trouble}" if progress.trouble else ""
            self._log.add("failed", f"{self._failed:,} questions failed so far{trouble}", WARNING)
