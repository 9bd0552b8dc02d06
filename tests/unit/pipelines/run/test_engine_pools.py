"""Actors that outlive a run: engines are kept while there is room, and started anew where they cannot take new weights.

Of pretend actors, on a machine that has room for some of them.
"""

from __future__ import annotations

from typing import Any

import pytest
from support.fleets.machine import Machine, ask, installed, settings, trainer
from support.fleets.pretend_ray import DIES, LOADS, WAITS

from cluster.plan import Demand
from factory.errors import BadInput
from pipelines.elastic.engine_state import RETRY_S
from pipelines.elastic.keeper import LOOK_S
from pipelines.elastic.target import FALLS_AFTER_S
from pipelines.pools.hands import CHECKER, WORKER, WRITER
from pipelines.run import engine_pools
from pipelines.run.settings import Settings


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return installed(monkeypatch)


def test_engines_are_started_once_and_take_new_weights(machine: Machine) -> None:
    with machine.pools() as pools:
        assert ask(pools, "base", "trained", "base") == [None, "trained", None]
        assert machine.engines() == ["start policy-1"]
    assert not machine.world.running


def test_hands_stay_until_something_else_has_to_start_and_follow_the_number_that_is_asked_for(
    machine: Machine,
) -> None:
    with machine.pools() as pools:
        ask(pools, "base", "trained")
        assert machine.engines(WORKER) == [f"start {WORKER}-1"]
        pools.make_room(trainer())
        assert {f"{WORKER}-1", f"{WRITER}-1", f"{CHECKER}-1"} == set(machine.world.ended)
        ask(pools, "base")
        ask(pools, "base", workers=2)
        assert machine.engines(WORKER)[2:] == [f"start {WORKER}-2", f"start {WORKER}-3"]


def test_another_checker_has_hands_of_its_own(machine: Machine) -> None:
    with machine.pools() as pools:
        ask(pools, "base")
        with pools.staff("student", settings("base", {"checker": {"kind": "number"}})):
            assert machine.world.running == ["policy-1", f"{WORKER}-2", f"{CHECKER}-2", f"{WRITER}-2"]


def test_workers_of_a_run_that_failed_serve_no_other_run(machine: Machine) -> None:
    with machine.pools() as pools:
        with pytest.raises(OSError, match="disk"), pools.staff("student", settings("base")):
            raise OSError("disk")
        assert machine.world.running == ["policy-1"]


def test_weights_are_swapped_without_a_writer_or_a_worker(machine: Machine) -> None:
    with machine.pools() as pools:
        assert pools.load("student", settings("base"))["revision"] == "r"
        assert pools.load("student", settings("trained"))["revision"] == "of trained"
        machine.world.refuses = {"better"}
        assert pools.load("student", settings("better"))["weights"] is None
        assert machine.world.log == ["start policy-1", "end policy-1", "start policy-2"]
    assert machine.said[1:] == ["no better; starting the engines anew", "starting 1 vllm engine(s) with better"]


def test_engines_that_refuse_new_weights_are_started_with_them(machine: Machine) -> None:
    machine.world.refuses = {"trained"}
    with machine.pools() as pools:
        assert ask(pools, "base", "trained") == [None, None]
        assert machine.engines() == ["start policy-1", "end policy-1", "start policy-2"]


def test_an_engine_that_died_while_nobody_looked_costs_the_others_nothing(machine: Machine) -> None:
    with machine.pools() as pools:
        ask(pools, "base", generators=2, quorum=1.0)
        machine.world.does = {"policy-2": DIES}
        with pools.staff("student", settings("trained", generators=2, quorum=1.0)) as made:
            assert made.assignment.weights == "trained"
            machine.world.does.clear()
            news = machine.look(made, times=4 * round(RETRY_S))
            assert news.roster.pools["policy"] == ("policy-1", "policy-2")
            assert machine.engines() == ["start policy-1", "start policy-2"]


def test_one_that_joins_later_answers_with_the_weights_of_its_round(machine: Machine) -> None:
    machine.world.does = {"policy-2": LOADS, "policy-3": LOADS}
    machine.world.revision = {"policy-3": "of another"}
    cluster = {"generators": 3, "quorum": 0.3}
    with machine.pools() as pools:
        ask(pools, "base", **cluster)
        with pools.staff("student", settings("trained", **cluster)) as made:
            assert list(made.assignment.roster.pools["policy"]) == ["policy-1"]
            machine.world.does.clear()
            news = machine.look(made)
            assert news.roster.pools["policy"] == ("policy-1", "policy-2")
            [sentence] = news.said
            assert "it has loaded the weights of another, the others of trained" in sentence


def test_a_later_run_begins_with_those_that_are_up(machine: Machine) -> None:
    with machine.pools() as pools:
        ask(pools, "base", generators=2, quorum=1.0)
        machine.world.does = {"policy-1": DIES}
        assert pools.load("student", settings("trained", generators=2, quorum=1.0))["revision"] == "of trained"
        assert ask(pools, "trained", generators=2, quorum=1.0) == ["trained"]


def test_a_small_run_ends_no_engine_that_the_next_one_needs(machine: Machine) -> None:
    many = {"generators": {"min": 1, "max": 3}, "workers": 1}
    with machine.pools() as pools:
        with pools.staff("", settings("base", **many)) as made:
            machine.look(made, times=8, questions_left=100_000)
            assert machine.engines() == ["start policy-1", "start policy-2", "start policy-3"]
        with pools.staff("", settings("base", **many)) as made:
            machine.look(made, times=round(0.9 * FALLS_AFTER_S / LOOK_S), questions_left=1)
            assert not machine.world.ended
            news = machine.look(made, times=round(0.2 * FALLS_AFTER_S / LOOK_S), questions_left=1)
            assert news.roster.leaving == {"policy-2", "policy-3"}
        with pools.staff("", settings("base", **many)) as made:
            assert not machine.look(made, questions_left=100_000).roster.leaving
        assert machine.engines() == ["start policy-1", "start policy-2", "start policy-3"]


def test_an_autoscaler_is_asked_for_nothing_once_a_run_has_ended(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_pools, "has_autoscaler", lambda: True)
    with machine.pools() as pools:
        ask(pools, "base", generators={"min": 1, "max": 3})
        assert machine.wishes[0]
        assert machine.wishes[-1] == []


@pytest.mark.parametrize(
    ("wanted", "kept"), [(trainer(), True), (trainer(cpus=8), False)], ids=["it has room", "it has none"]
)
def test_engines_are_released_for_a_trainer_only_where(wanted: list[Demand], kept: bool, machine: Machine) -> None:
    with machine.pools() as pools:
        ask(pools, "base")
        pools.make_room(wanted)
        assert (machine.world.running == ["policy-1"]) == kept


def test_an_engine_that_still_waits_for_room_does_not_take_a_trainers(machine: Machine) -> None:
    machine.world.does = {"policy-2": WAITS}
    with machine.pools() as pools:
        ask(pools, "base", generators=2, quorum=0.5)
        pools.make_room(trainer())
        assert machine.engines() == ["start policy-1", "start policy-2", "end policy-2"]
        with pools.staff("student", settings("base", generators=2, quorum=0.5)) as made:
            assert machine.look(made).roster.pools["policy"] == ("policy-1", "policy-3")


def test_nobody_trains_on_a_gpu_that_an_engine_has_a_part_of(machine: Machine) -> None:
    machine.gpus = 8
    for engine_gpus, kept in ((1, True), (0.5, False)):
        with machine.pools() as pools:
            shared = {"num_gpus": engine_gpus, "gpu_memory_utilization": 0.5}
            with pools.staff("student", settings("base", engine=shared)):
                pass
            pools.make_room(trainer(gpus=1))
            assert bool(machine.world.running) == kept


def test_a_second_model_takes_the_place_of_the_first_where_both_have_none(machine: Machine) -> None:
    machine.cpus = 2
    with machine.pools() as pools:
        ask(pools, "base")
        ask(pools, "large", who="teacher")
        assert machine.engines() == ["start policy-1", "end policy-1", "start policy-2"]
    assert "releasing the student's engines to make room" in machine.said


WITH_CRITIC: dict[str, Any] = {
    "models": {"critic": {"model": "c", "engine": {"kind": "scripted"}}, "idle": {"model": "i"}},
    "search": {"method": "tests.support.plugins.asking_search", "critic": "critic"},
}


def test_other_roles_serve_student_and_teacher_and_stay_when_a_policy_goes(machine: Machine) -> None:
    machine.world.refuses = {"trained"}
    with machine.pools() as pools:
        for who, model in (("student", "base"), ("teacher", "large"), ("student", "trained")):
            with pools.staff(who, settings(model, WITH_CRITIC)):
                pass
        assert machine.engines("critic") == ["start critic-1"]
        assert machine.engines() == ["start policy-1", "start policy-2", "end policy-1", "start policy-3"]


def test_room_for_one_role_is_never_made_by_releasing_another_of_the_same_run(machine: Machine) -> None:
    with machine.pools() as pools:
        ask(pools, "base")
        machine.others = machine.cpus - 1.0
        with (
            pytest.raises(BadInput, match="held by others"),
            pools.staff("student", settings("base", WITH_CRITIC)),
        ):
            pass
        assert machine.world.running == ["policy-1"]


def test_a_run_that_asks_fewer_roles_starts_fewer_and_a_later_one_adds_them(machine: Machine) -> None:
    with machine.pools() as pools:
        ask(pools, "base")
        with pools.staff("student", settings("base", WITH_CRITIC)) as made:
            assert list(made.pools) == ["policy", "critic"]
        ask(pools, "base")
        assert machine.engines() + machine.engines("critic") == ["start policy-1", "start critic-1"]


def test_another_model_of_a_role_gets_engines_of_its_own(machine: Machine) -> None:
    """Loaded in place, a restarted engine would be back with the old weights."""

    def guided(model: str) -> Settings:
        prm = {"model": model, "engine": {"kind": "tests.support.plugins.scorer"}}
        return settings("base", {"models": {"prm": prm}, "search": {"method": "best_of_n"}})

    with machine.pools() as pools:
        for model in ("first", "first", "second"):
            with pools.staff("", guided(model)):
                pass
        assert machine.engines("prm") == ["start prm-1", "end prm-1", "start prm-2"]
        assert machine.engines() == ["start policy-1"]


def test_engines_that_did_not_start_are_gone_and_the_others_stay(machine: Machine) -> None:
    machine.world.does = {"critic-1": BadInput("no critic here")}
    with machine.pools() as pools:
        ask(pools, "base")
        with (
            pytest.raises(BadInput, match=r"^models\.critic: no critic here$"),
            pools.staff("student", settings("base", WITH_CRITIC)),
        ):
            pass
        assert machine.world.running == ["policy-1"]
