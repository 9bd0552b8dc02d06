"""Workers and engines that join and leave a drive, with pretend actors: nothing is lost, and nobody is blamed."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import ray
from ray.exceptions import RayActorError
from support.fleets.drives import Assignment, Fleet, answer_of

from actors.underway import FailedQuestion, Underway
from factory.errors import FactoryError
from factory.records.tally import Tally
from factory.shards.spool import Unfinished
from pipelines.driving import crew as crews
from pipelines.driving import drive as driving
from pipelines.driving.crew import Crew
from pipelines.driving.demand import Bounds
from pipelines.driving.drive import DriveOptions, _Loop
from pipelines.driving.events import Event


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time of the drive, to be set; calls are answered by the test."""
    now = [0.0]
    for module in (driving, crews):
        monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
        monkeypatch.setattr(module.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(ray, "wait", lambda refs, **_: ([r for r in refs if r], [r for r in refs if not r]))
    monkeypatch.setattr(ray, "get", answer_of)
    return now


@pytest.fixture
def begin(clock: list[float]) -> Callable[..., _Loop]:
    """Function that begins a drive of some units, four at a time, on a fleet."""

    def begun(fleet: Fleet, units: int = 4, attempts: int = 1, **options: Any) -> _Loop:
        todo = [SimpleNamespace(id=f"u{number}", questions=(0, 1)) for number in range(units)]
        limits = {"bounds": Bounds(window=4), "attempts": attempts, "questions": 2 * units}
        asked = DriveOptions(membership=fleet, **limits, **options)
        return _Loop(todo, Crew([], Assignment(), restart_s=60.0), asked)  # type: ignore[arg-type]

    return begun


def step(loop: _Loop) -> None:
    loop.hand_out()
    loop.collect()


def test_the_workers_are_those_that_the_membership_names(begin: Callable[..., _Loop]) -> None:
    fleet = Fleet("a", "b")
    step(begin(fleet))
    assert sorted(fleet.workers["a"].has) == ["u0", "u2"]
    assert sorted(fleet.workers["b"].has) == ["u1", "u3"]


def test_a_worker_that_joins_gets_units_and_the_newest_names(begin: Callable[..., _Loop]) -> None:
    fleet = Fleet("a")
    loop = begin(fleet, units=6)
    step(loop)
    assert len(fleet.workers["a"].has) == 4
    fleet.change("a", "b")
    fleet.workers["a"].commit("u0")
    step(loop)
    step(loop)
    assert list(fleet.workers["b"].has) == ["u4"]
    assert fleet.workers["b"].peers[-1].pools == {"policy": ("e2",)}
    assert (loop.progress.roster, loop.progress.nodes.up, loop.progress.nodes.leaving) == (2, 3, 1)


def test_a_unit_of_a_worker_that_leaves_goes_elsewhere_and_costs_no_attempt(begin: Callable[..., _Loop]) -> None:
    fleet, told = Fleet("a", "b"), list[Event]()
    loop = begin(fleet, units=2, on_event=told.append)
    step(loop)
    fleet.change("a", "b", a=100.0)
    step(loop)
    assert fleet.workers["a"].leaves == [100.0]
    assert not fleet.idled
    fleet.workers["a"].answer("u0", Unfinished(unit_id="u0", kept=1, left=1))
    step(loop)
    step(loop)
    assert sorted(fleet.workers["b"].has) == ["u0", "u1"]
    assert (loop.progress.moved, loop.progress.retried) == (1, 0)
    assert fleet.idled == ["a"]
    assert [(event.kind, event.ids.get("actor")) for event in told] == [
        ("roster", None),
        ("leaves", "a"),
        ("unit moved", "a"),
    ]


def test_a_worker_that_leaves_at_leisure_finishes_what_it_has(begin: Callable[..., _Loop]) -> None:
    fleet = Fleet("a", "b")
    loop = begin(fleet, units=8)
    step(loop)
    fleet.change("a", "b", a=None)
    fleet.workers["a"].commit("u0")
    step(loop)
    step(loop)
    assert not fleet.workers["a"].leaves
    assert sorted(fleet.workers["a"].has) == ["u2"]
    assert sorted(fleet.workers["b"].has) == ["u1", "u3", "u4"]
    fleet.workers["a"].commit("u2")
    step(loop)
    step(loop)
    assert fleet.idled == ["a"]
    assert loop.progress.moved == 0


def test_a_worker_that_leaves_at_leisure_may_be_given_a_deadline_once(begin: Callable[..., _Loop]) -> None:
    fleet = Fleet("a", "b")
    loop = begin(fleet)
    step(loop)
    for deadline in (None, 100.0, 99.0):
        fleet.change("a", "b", a=deadline)
        step(loop)
    assert fleet.workers["a"].leaves == [100.0]


@pytest.mark.parametrize("named", [True, False])
def test_a_unit_whose_worker_was_ended_when_its_time_was_up_goes_elsewhere(
    begin: Callable[..., _Loop], named: bool
) -> None:
    fleet = Fleet("a", "b")
    loop = begin(fleet, units=2)
    step(loop)
    leaver = fleet.workers["a"]
    fleet.change("a", "b", a=100.0)
    step(loop)
    if not named:
        fleet.change("b")
    leaver.answer("u0", RayActorError())
    step(loop)
    step(loop)
    assert sorted(fleet.workers["b"].has) == ["u0", "u1"]
    assert (loop.progress.moved, loop.progress.retried) == (2, 0)


def test_a_worker_that_stays_is_still_to_blame_for_its_death(begin: Callable[..., _Loop]) -> None:
    fleet = Fleet("a")
    loop = begin(fleet, units=1)
    step(loop)
    fleet.workers["a"].answer("u0", RayActorError())
    with pytest.raises(FactoryError, match="u0 was given up"):
        step(loop)


def test_a_worker_is_sent_the_roster_until_it_says_that_it_has_it(
    begin: Callable[..., _Loop], clock: list[float]
) -> None:
    fleet = Fleet("a")
    loop = begin(fleet)
    for version in (1, 2):
        worker = fleet.workers["a"]
        for _ in range(3):
            clock[0] += 1.0
            step(loop)
        assert worker.rosters[-2:] == [version] * 2
        worker.says = Underway(tally=Tally(), unfinished={}, experience="e", roster=version)
        for _ in range(2):
            clock[0] += 1.0
            step(loop)
        sent = len(worker.rosters)
        for _ in range(3):
            clock[0] += 1.0
            step(loop)
        assert len(worker.rosters) == sent
        fleet.change("a")


def test_failed_questions_are_counted_by_type_though_their_worker_was_started_again(
    begin: Callable[..., _Loop], clock: list[float]
) -> None:
    fleet = Fleet("a")
    loop = begin(fleet)
    step(loop)
    for failures in ({"EngineFailed": 3}, {"EngineFailed": 5}, {}, {"EngineFailed": 1, "RecordTooLarge": 2}):
        fleet.workers["a"].says = Underway(tally=Tally(), unfinished={}, experience="e", failures=failures)
        for _ in range(3):
            clock[0] += 1.0
            step(loop)
    loop.report()
    assert loop.progress.failures == {"EngineFailed": 3, "RecordTooLarge": 2}


def test_questions_that_failed_are_told_once_each_with_their_ids(
    begin: Callable[..., _Loop], clock: list[float]
) -> None:
    fleet, told = Fleet("a"), list[Event]()
    loop = begin(fleet, on_event=told.append)

    def says(*numbers: int) -> None:
        failed = tuple(FailedQuestion(number=n, unit="u0", question=f"q{n}", why="it was too long") for n in numbers)
        fleet.workers["a"].says = Underway(tally=Tally(), unfinished={}, experience="e", failed=failed)
        for _ in range(3):
            clock[0] += 1.0
            step(loop)
        loop.report()

    says(1, 2)
    says(2, 3)
    says(1)  # another worker was started in its place
    failed = [event.ids for event in told if event.kind == "question failed"]
    assert [ids["question"] for ids in failed] == ["q1", "q2", "q3", "q1"]
    assert failed[0] == {"unit": "u0", "question": "q1", "actor": "a"}


def test_a_unit_that_is_done_again_is_told_with_the_worker_that_died(begin: Callable[..., _Loop]) -> None:
    fleet, told = Fleet("a", "b"), list[Event]()
    loop = begin(fleet, attempts=2, on_event=told.append)
    step(loop)
    fleet.workers["a"].answer("u0", RayActorError())
    step(loop)
    [event] = [event for event in told if event.kind == "unit retried"]
    assert (event.ids, event.trouble) == ({"unit": "u0", "actor": "a"}, True)


def test_what_is_left_is_told_to_who_decides_on_the_numbers(begin: Callable[..., _Loop]) -> None:
    fleet = Fleet("a")
    loop = begin(fleet, units=3)
    step(loop)
    fleet.workers["a"].commit("u1")
    step(loop)
    loop.hand_out()
    assert fleet.asked == [6, 6, 4]


def test_nothing_of_workers_that_have_come_and_gone_stays(begin: Callable[..., _Loop]) -> None:
    fleet = Fleet("w0")
    loop = begin(fleet, units=40, experience=None)
    for number in range(1, 40):
        step(loop)
        old = fleet.workers[f"w{number - 1}"]
        fleet.change(f"w{number}")
        for unit_id in list(old.has):
            old.answer(unit_id, RayActorError())
    step(loop)
    step(loop)
    assert len(loop._crew) == 1
    assert len(loop._lookout._heard) == 1
    assert len(loop._lookout._workers._keys) == 1
    assert len(loop._in_flight) == len(loop._demand._handed) == 4
    assert set(loop._demand._burdens) <= set(loop._crew.numbers)
    assert not loop._told


def test_a_run_with_work_left_is_not_over_while_nobody_is_up(begin: Callable[..., _Loop]) -> None:
    fleet = Fleet("a")
    loop = begin(fleet, units=5)
    step(loop)
    for number in range(4):
        fleet.workers["a"].commit(f"u{number}")
    fleet.change()
    step(loop)
    loop.hand_out()
    assert not loop._in_flight
    assert not loop.is_over()
    fleet.change("b")
    step(loop)
    assert list(fleet.workers["b"].has) == ["u4"]
    fleet.workers["b"].commit("u4")
    step(loop)
    loop.hand_out()
    assert loop.is_over()


def test_a_run_whose_own_machine_is_taken_away_ends_as_after_a_ctrl_c_in_the_time_there_is(
    begin: Callable[..., _Loop],
) -> None:
    fleet, said = Fleet("a"), list[str]()
    loop = begin(fleet, on_remark=said.append, grace_s=30.0)
    step(loop)
    fleet.change("a")
    fleet.own_end = 25.0
    loop.hand_out()
    assert not loop.is_over()
    assert loop.progress.stopping
    assert fleet.workers["a"].stops == [10.0]
    assert said == ["engine 2 is back", "this run's own machine is about to be taken away: it ends, and can be resumed"]


def test_a_run_ends_when_all_workers_have_left_and_none_joins(begin: Callable[..., _Loop], clock: list[float]) -> None:
    fleet = Fleet("a")
    loop = begin(fleet)
    step(loop)
    fleet.change()
    step(loop)
    clock[0] = 59.0
    step(loop)
    clock[0] = 61.0
    with pytest.raises(FactoryError, match="all have left, and none has joined"):
        step(loop)
