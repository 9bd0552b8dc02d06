"""Work under way, from what the workers last said."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from actors.underway import Underway
from factory.records.tally import Tally
from pipelines.driving import polls
from pipelines.driving.lookout import Lookout


@pytest.fixture
def lookout() -> Lookout:
    """One that looks at two workers."""
    demand: Any = SimpleNamespace(looked=lambda: None, hear_worker=lambda worker, unfinished: None)
    crew: Any = [None, None]
    made = Lookout(crew, {}, demand)

    def underway(questions: int, calls: int, unfinished: dict[str, int]) -> Underway:
        tally = Tally(questions=questions, policy_calls=calls)
        return Underway(tally=tally, unfinished=unfinished, experience="e", example=f"of {questions}")

    said = [(0, underway(5, 50, {"a": 1, "b": 2})), (1, underway(1, 9, {"c": 3}))]
    made._workers = SimpleNamespace(answers=lambda now: iter(said), due=lambda now: False)
    made.look(0.0)
    return made


def test_workers_add_up(lookout):
    assert (lookout.underway().questions, lookout.underway().policy_calls, lookout.unfinished) == (6, 59, 6)


def test_a_unit_counts_once_between_its_receipt_and_the_next_word_of_its_worker(lookout):
    lookout.committed(0, "z", Tally(questions=4, policy_calls=60))  # it has asked for more since it was last heard
    assert (lookout.underway().questions, lookout.underway().policy_calls) == (2, 9)
    lookout.look(1.0)
    assert lookout.underway().questions == 6


def test_a_unit_counts_once_where_its_receipt_is_faster_than_a_word_of_its_worker(lookout):
    lookout.committed(0, "a", Tally(questions=4, policy_calls=20))
    lookout.look(1.0)  # still speaks of it
    assert (lookout.underway().questions, lookout.underway().policy_calls) == (2, 39)


def test_the_first_labelled_solution_that_it_heard_of_stays(lookout):
    assert lookout.example == "of 5"


def test_what_an_engine_said_long_ago_is_nothing_to_hand_out_work_by(monkeypatch):
    heard: list[Any] = []
    demand: Any = SimpleNamespace(looked=lambda: None, engines=1, hear_engine=lambda _, load: heard.append(load))
    engine: Any = SimpleNamespace(stats=SimpleNamespace(remote=object))
    answers: dict[Any, Any] = {}
    monkeypatch.setattr(polls.ray, "wait", lambda refs, **_: ([*answers], [ref for ref in refs if ref not in answers]))
    monkeypatch.setattr(polls.ray, "get", lambda ref: answers.pop(ref))
    lookout = Lookout([], {"policy": [engine]}, demand)
    lookout.look(0.0)
    (asked,) = (ref for ref, _ in lookout._engines._calls.values())
    answers[asked] = {"slots": 8, "running": 1}
    lookout.look(1.0)
    lookout.look(2.5)
    assert [load and load.slots for load in heard] == [8]
    lookout.look(3.5)
    assert heard[-1] is None
    assert not lookout.engines[0].out  # it may still be there


def test_engines_of_other_roles_are_looked_at_and_decide_nothing(monkeypatch):
    heard: dict[int, Any] = {}
    demand: Any = SimpleNamespace(looked=lambda: None, engines=1, hear_engine=heard.__setitem__)
    engines: Any = [SimpleNamespace(stats=SimpleNamespace(remote=lambda name=name: name)) for name in ("p", "j")]
    monkeypatch.setattr(polls.ray, "wait", lambda refs, **_: ([*refs], []))
    monkeypatch.setattr(polls.ray, "get", lambda ref: {"slots": 8, "running": 8 if ref == "j" else 1})
    lookout = Lookout([], {"policy": engines[:1], "judge": engines[1:]}, demand)
    lookout.look(0.0)
    lookout.look(1.0)
    assert {index: load.running for index, load in heard.items()} == {0: 1}
    assert [(engine.role, engine.running) for engine in lookout.engines] == [("policy", 1), ("judge", 8)]
