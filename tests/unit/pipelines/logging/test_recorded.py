"""News of a run in its log: each line, what went wrong, and the counts once a minute."""

from __future__ import annotations

from factory.records.tally import Tally
from pipelines.driving.drive import Progress
from pipelines.driving.engine_figures import EngineFigures
from pipelines.logging.recorded import Recorded
from pipelines.logging.run_log import RunLog
from pipelines.run.listener import Listener


class Ear(Listener):
    def __init__(self) -> None:
        self.heard: list[object] = []

    def say(self, line: str) -> None:
        self.heard.append(line)

    def progress(self, progress: Progress) -> None:
        self.heard.append(progress)


def events(log: RunLog) -> list[tuple[str, str]]:
    return [(line["event"], line["level"]) for line in log._queue]


def test_news_are_kept_and_passed_on() -> None:
    log, ear, progress = RunLog(), Ear(), Progress()
    listener = Recorded(ear, log)
    listener.say("at work")
    listener.progress(progress)
    assert ear.heard == ["at work", progress]
    assert events(log) == [("said", "info"), ("progress", "info")]


def test_counts_are_kept_once_a_minute_and_what_went_wrong_at_once() -> None:
    now = 100.0
    log = RunLog()
    listener = Recorded(Listener(), log, lambda: now)
    engine = EngineFigures()
    progress = Progress(engines=[engine])
    listener.progress(progress)
    progress.retried, progress.done, engine.out = 1, Tally(questions=3, failed=2), True
    for _ in range(3):
        listener.progress(progress)
    assert events(log)[1:] == [("retried", "warning"), ("engine out", "warning")]
    engine.out, now = False, 161.0
    listener.progress(progress)
    assert events(log)[3:] == [("engine back", "info"), ("progress", "info"), ("failed", "warning")]
