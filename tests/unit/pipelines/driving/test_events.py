"""Events of units, questions and actors, with the ids that they are about."""

from __future__ import annotations

from actors.roster import Roster
from actors.underway import FailedQuestion
from pipelines.driving.events import RosterEvents, failed, moved, retried
from pipelines.driving.membership import Changes, Member


def changes(engines: str, workers: str, leaving: str = "") -> Changes:
    """Return who belongs to a run: a letter each."""
    return Changes(
        roster=Roster(version=1, pools={}),
        engines={"policy": tuple(Member(name, None) for name in engines)},
        workers=tuple(Member(name, None) for name in workers),
        leaving=dict.fromkeys(leaving),
    )


def test_who_joins_leaves_and_is_gone_is_told_once_by_name() -> None:
    events = RosterEvents()

    def told(engines: str, workers: str, leaving: str = "") -> list[tuple[str, str | None]]:
        return [(event.kind, event.ids.get("actor")) for event in events.hear(changes(engines, workers, leaving))]

    assert told("ab", "v") == [("roster", None)]
    assert told("abc", "vw") == [("joined", "c"), ("joined", "w")]
    assert told("abc", "vw") == []
    assert told("abc", "vw", "av") == [("leaves", "a"), ("leaves", "v")]
    assert told("abc", "vw", "av") == []
    assert told("bc", "w") == [("gone", "a"), ("gone", "v")]


def test_those_with_whom_a_run_begins_are_counted() -> None:
    [event] = RosterEvents().hear(changes("abc", "vw"))
    assert event.text == "begun with 3 engines and 2 rollout workers"


def test_each_event_names_what_it_is_about() -> None:
    question = FailedQuestion(number=1, unit="u", question="q", why="PromptTooLong: 9 tokens")
    assert retried("u", "w", "it crashed").ids == {"unit": "u", "actor": "w"}
    assert moved("u", "w").ids == {"unit": "u", "actor": "w"}
    assert failed(question, "w").ids == {"unit": "u", "question": "q", "actor": "w"}
    assert retried("u", "w", "").trouble
    assert failed(question, "w").trouble
    assert not moved("u", "w").trouble
