"""Engines of a pool that come, fail, leave and are replaced, on a pretend Ray."""

from __future__ import annotations

import pytest
from support.fleets.engine_groups import FETCH_S, IDLE, START_S, Stage, policy
from support.fleets.pretend_ray import AWAY, DIES, FETCHES, LOADS, WAITS

from factory.errors import BadInput, FactoryError
from pipelines.driving.membership import Member
from pipelines.elastic.engine_state import RETRY_S


def test_a_run_begins_with_its_quorum_and_the_others_join_as_they_come() -> None:
    stage = Stage(8, quorum=4)
    stage.world.does = dict.fromkeys(policy(5, 6, 7, 8), LOADS)
    stage.look(times=2)
    assert not stage.group.has_quorum()
    stage.begun()
    assert stage.names == policy(1, 2, 3, 4)
    stage.world.does = {"policy-8": LOADS}
    stage.look(RETRY_S)
    assert stage.group.changed
    assert stage.names == policy(1, 2, 3, 4, 5, 6, 7)


def test_an_engine_that_never_starts_is_said_left_out_and_replaced_three_times() -> None:
    stage = Stage(8, quorum=4)
    stage.world.does = dict.fromkeys(policy(8, 9, 10, 11, 12), LOADS)
    stage.begun()
    stage.look(RETRY_S, times=200)
    late = f"actors did not start within cluster.start_timeout_s = {START_S:.0f} s"
    assert stage.said == [f"engine 8 of 8 was taken out: {late}"] * 4
    assert stage.world.ended == policy(8, 9, 10, 11)
    assert stage.group.up == 7


def test_ray_may_look_for_room_as_long_as_it_likes_once_the_run_has_begun() -> None:
    stage = Stage(2, quorum=1)
    stage.world.does = {"policy-2": WAITS}
    stage.begun()
    stage.look(START_S, times=20)
    assert not stage.said
    stage.world.does.clear()
    stage.look(times=3)
    assert stage.group.up == 2


def test_a_single_engine_that_does_not_start_ends_the_start_with_its_own_words() -> None:
    stage = Stage(1)
    stage.world.does = {"policy-1": BadInput("no model in /m")}
    stage.look(times=4)
    with pytest.raises(BadInput, match=r"^no model in /m$"):
        stage.group.has_quorum()
    assert not stage.said


@pytest.mark.parametrize("does", [LOADS, WAITS])
def test_a_start_that_takes_too_long_ends(does: str) -> None:
    stage = Stage(1)
    stage.world.does = {"policy-1": does}
    stage.look(START_S - 1)
    assert not stage.group.has_quorum()
    stage.look(START_S + 1, times=3)
    with pytest.raises(FactoryError, match=r"did not start within cluster\.start_timeout_s = 100 s"):
        stage.group.has_quorum()


def test_the_clock_of_a_start_begins_when_the_model_is_there() -> None:
    stage = Stage(1)
    stage.world.does = {"policy-1": FETCHES}
    stage.look(START_S, times=9)
    assert not stage.group.has_quorum()
    stage.world.does = {"policy-1": LOADS}
    stage.look(times=2)
    stage.look(START_S - 2)
    assert not stage.group.has_quorum()
    stage.world.does = {}
    stage.look()
    assert stage.group.has_quorum()


def test_a_model_that_is_never_there_ends_the_start_with_a_sentence_of_its_own() -> None:
    stage = Stage(1)
    stage.world.does = {"policy-1": FETCHES}
    stage.look(times=2)
    stage.look(FETCH_S + 1)
    with pytest.raises(FactoryError, match=r"model was not fetched within cluster\.fetch_timeout_s = 1000 s"):
        stage.group.has_quorum()


def test_in_mid_run_a_machine_that_cannot_have_the_model_in_time_costs_its_engine_only() -> None:
    stage = Stage(2, quorum=1)
    stage.world.does = {"policy-2": FETCHES}
    stage.begun()
    stage.look(FETCH_S + 1, times=9)
    assert stage.said == [
        f"engine 2 of 2 was taken out: its model was not fetched within cluster.fetch_timeout_s = {FETCH_S:.0f} s"
    ]
    assert stage.names == policy(1, 3)


def test_a_start_ends_as_soon_as_too_few_may_still_come_though_others_load() -> None:
    stage = Stage(8, quorum=4)
    stage.world.does = dict.fromkeys(policy(1, 2, 3), LOADS) | dict.fromkeys(
        policy(4, 5, 6, 7), BadInput("no model in /m.")
    )
    stage.look(times=4)
    assert not stage.group.has_quorum()
    stage.world.does["policy-3"] = DIES
    stage.look()
    with pytest.raises(BadInput, match="no model in /m; 5 of 8 engines did not start"):
        stage.group.has_quorum()


def test_a_bug_ends_the_start_with_its_traceback_and_in_mid_run_costs_its_engine_only() -> None:
    stage = Stage(1)
    stage.world.does = {"policy-1": ZeroDivisionError()}
    with pytest.raises(ZeroDivisionError):
        stage.look(times=4)
    stage = Stage(2, quorum=1)
    stage.world.does = {"policy-2": LOADS}
    stage.begun()
    stage.world.does = {"policy-2": ZeroDivisionError("1/0")}
    stage.look(RETRY_S + 1, times=20)
    assert stage.said == ["engine 2 of 2 was taken out: 1/0"]
    assert stage.names == policy(1, 3)


def test_a_failed_start_is_tried_again_four_times_in_all_and_then_on_another_node() -> None:
    stage = Stage(2, quorum=1)
    stage.world.does = {"policy-2": LOADS}
    stage.begun()
    stage.world.on = {"policy-2": "n2", "policy-3": "n2"}
    stage.world.does = dict.fromkeys(policy(2, 3), FactoryError("out of memory"))
    stage.look(RETRY_S + 1, times=12)
    assert not stage.said
    stage.look(RETRY_S + 1)
    assert stage.said == ["engine 2 of 2 was taken out: out of memory"]
    stage.look(RETRY_S + 1, times=20)
    assert stage.world.avoided[-1] == {"n2"}
    assert stage.names == policy(1, 4)


def test_an_engine_that_dies_and_never_answers_is_taken_out_and_the_run_goes_on() -> None:
    stage = Stage(2).begun()
    for _ in range(7):
        stage.heard("policy-1", dead=True)
        assert stage.group.staying == 2
        stage.look(RETRY_S + 1, times=4)
        assert stage.group.up == 2
    stage.heard("policy-1", dead=True)
    assert "policy-1" in stage.world.ended
    stage.look(times=4)
    assert stage.names == policy(2, 3)
    assert len(stage.said) == 1


def test_an_engine_that_answers_between_its_deaths_stays() -> None:
    stage = Stage(1).begun()
    for _ in range(30):
        stage.heard("policy-1", dead=True)
        stage.heard("policy-1", dead=True)  # the next question meets the same death
        stage.look(RETRY_S + 1, times=4)
        stage.heard("policy-1", IDLE | {"requests": 5})
    assert stage.names == policy(1)


def test_an_engine_that_is_just_being_started_again_has_not_died_again() -> None:
    stage = Stage(1).begun()
    stage.heard("policy-1", dead=True)
    stage.world.does = {"policy-1": AWAY}
    stage.look(RETRY_S + 1, times=50)
    stage.world.does.clear()
    stage.look(RETRY_S + 1, times=4)
    assert stage.group.up == 1


def test_a_run_ends_when_no_engine_is_left_and_none_may_come() -> None:
    stage = Stage(1).begun()
    stage.world.does = dict.fromkeys(policy(1, 2, 3, 4), BadInput("no model in /m"))
    stage.heard("policy-1", dead=True)
    with pytest.raises(BadInput, match="no model in /m; 1 of 1 engines did not start"):
        stage.look(RETRY_S + 1, times=50)


def test_an_engine_with_other_weights_is_not_taken_in() -> None:
    stage = Stage(2, quorum=1)
    stage.world.does = {"policy-2": LOADS}
    stage.begun()
    stage.world.does, stage.world.revision = {}, {"policy-2": "other"}
    stage.look(times=9)
    assert stage.names == policy(1)
    assert stage.world.started == policy(1, 2)
    assert len(stage.said) == 1
    assert "has loaded the weights other, the others r" in stage.said[0]


def test_members_are_those_that_were_started() -> None:
    stage = Stage(1).begun()
    (member,) = stage.group.members
    assert isinstance(member, Member)
