"""Work under way, from what the workers last said."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from actors.underway import Underway
from factory.records.tally import Tally
from pipelines.driving import polls
from pipelines.driving.crew import Crew
from pipelines.driving.lookout import Lookout
from pipelines.driving.membership import Member
from pipelines.driving.polls import News


@pytest.fixture
def lookout() -> Lookout:
    """One that looks at two workers."""
    demand: Any = SimpleNamespace(looked=lambda: None, hear_worker=lambda worker, unfinished: None)
    made = Lookout(Crew([None, None], None, 1.0), {}, ["policy"], demand)

    def underway(questions: int, calls: int, unfinished: dict[str, int]) -> Underway:
        tally = Tally(questions=questions, policy_calls=calls)
        return Underway(tally=tally, unfinished=unfinished, experience="e", example=f"of {questions}")

    said = [News(0, underway(5, 50, {"a": 1, "b": 2})), News(1, underway(1, 9, {"c": 3}))]
    made._workers = SimpleNamespace(answers=lambda now: iter(said), due=lambda now: False)  # type: ignore[assignment]
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


class Loads:
    """Hand-out that notes the loads of the engines it counts."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []
        self.counted: set[str] = set()

    def looked(self) -> None: ...

    def add_engine(self, name: str) -> None:
        self.counted.add(name)

    def remove_engine(self, name: str) -> None:
        self.counted.discard(name)

    def hear_engine(self, name: str, load: Any) -> None:
        assert name in self.counted
        self.heard.append((name, load and load.running))


def engine(name: str) -> Member:
    return Member(name, SimpleNamespace(stats=SimpleNamespace(remote=lambda: name)))


def looking(demand: Any, *names: str) -> Lookout:
    """One that looks at engines, those of the policy and then a judge's."""
    pools = {"policy": [engine(name) for name in names if name != "judge"]}
    pools["judge"] = [engine(name) for name in names if name == "judge"]
    return Lookout(Crew([], None, 1.0), pools, ["policy"], demand)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every engine answers at once, with as many running samples as its name has letters."""
    monkeypatch.setattr(polls.ray, "wait", lambda refs, **_: ([*refs], []))
    monkeypatch.setattr(polls.ray, "get", lambda ref: {"slots": 8, "running": len(ref), "slot_seconds": 5.0})


def test_what_an_engine_said_long_ago_is_nothing_to_hand_out_work_by(monkeypatch):
    answers: dict[Any, Any] = {}
    monkeypatch.setattr(polls.ray, "wait", lambda refs, **_: ([*answers], [ref for ref in refs if ref not in answers]))
    monkeypatch.setattr(polls.ray, "get", lambda ref: answers.pop(ref))
    demand = Loads()
    lookout = looking(demand, "a")
    lookout.look(0.0)
    answers["a"] = {"slots": 8, "running": 1}
    lookout.look(1.0)
    lookout.look(2.5)
    assert demand.heard == [("a", 1)]
    lookout.look(3.5)
    assert demand.heard[-1] == ("a", None)
    assert not lookout.engines[0].out  # it may still be there


def test_engines_of_other_roles_are_looked_at_and_decide_nothing(answering):
    demand = Loads()
    lookout = looking(demand, "p", "judge")
    lookout.look(0.0)
    lookout.look(1.0)
    assert demand.heard == [("p", 1)]
    assert [(engine.role, engine.running) for engine in lookout.engines] == [("policy", 1), ("judge", 5)]


def test_an_engine_that_joins_is_looked_at_and_one_that_leaves_asks_for_nothing(answering):
    demand = Loads()
    lookout = looking(demand, "a")
    lookout.follow_engines({"policy": [engine("a"), engine("bb")]}, ["a"])
    lookout.look(0.0)
    lookout.look(1.0)
    assert demand.heard == [("a", None), ("a", None), ("bb", 2)]
    assert [figures.running for figures in lookout.engines] == [1, 2]


def test_figures_of_engines_that_are_gone_are_one_sum_however_many_have_come_and_gone(answering):
    demand = Loads()
    lookout = looking(demand)
    for number in range(20):
        lookout.follow_engines({"policy": [engine(f"{number}")]}, ())
        for now in (0.0, 1.0, 2.0):
            lookout.look(10.0 * number + now)
    lookout.follow_engines({}, ())
    (gone,) = lookout.gone
    assert (gone.engines, gone.slots, gone.seconds) == (20, 8, 20.0)
    assert not lookout.engines
    assert not demand.counted
    assert not lookout._handles
    assert not lookout._engines._calls
