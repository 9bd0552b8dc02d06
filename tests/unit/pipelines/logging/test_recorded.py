"""News of a run in its log: each line, what went wrong, and the counts once a minute."""

from __future__ import annotations

from factory.records.tally import Tally
from pipelines.driving.drive import Progress
from pipelines.driving.engine_figures import EngineFigures
from pipelines.driving.events import Event
from pipelines.logging.recorded import EVENTS, Recorded
from pipelines.logging.run_log import RunLog
from pipelines.run.listener import Listener


class Ear(Listener):
    def __init__(self) -> None:
        self.heard: list[object] = []

    def say(self, line: str) -> None:
        self.heard.append(line)

    def progress(self, progress: Progress) -> None:
        self.heard.append(progress)

    def event(self, event: Event) -> None:
        self.heard.append(event)


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


def test_events_are_kept_with_their_ids_and_passed_on() -> None:
    log, ear = RunLog(), Ear()
    event = Event(kind="question failed", text="too long", trouble=True, ids={"unit": "u", "question": "q"})
    Recorded(ear, log).event(event)
    assert ear.heard == [event]
    [line] = log._queue
    assert {name: line[name] for name in ("event", "level", "text", "unit", "question")} == {
        "event": "question failed",
        "level": "warning",
        "text": "too long",
        "unit": "u",
        "question": "q",
    }


def test_of_many_events_of_a_kind_the_first_of_each_minute_are_kept() -> None:
    now = 100.0
    log = RunLog()
    listener = Recorded(Listener(), log, lambda: now)
    listener.progress(Progress())

    def kept() -> int:
        return sum(event == "question failed" for event, _ in events(log))

    for _ in range(3 * EVENTS):
        listener.event(Event(kind="question failed", text="too long", trouble=True))
    listener.event(Event(kind="joined", text="an engine has joined"))
    assert (kept(), events(log)[-1]) == (EVENTS, ("joined", "info"))
    now = 161.0
    listener.progress(Progress())
    listener.event(Event(kind="question failed", text="too long", trouble=True))
    assert kept() == EVENTS + 1
