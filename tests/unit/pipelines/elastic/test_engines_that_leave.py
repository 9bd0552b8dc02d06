"""Engines that leave a run, as their node is taken away or as they are too many, on a pretend Ray."""

from __future__ import annotations

from support.fleets.engine_groups import IDLE, NODES, Stage, policy
from support.fleets.pretend_ray import LOADS

from pipelines.elastic.engine_state import HEARD_OF_S, LAST_S, PENDING
from pipelines.elastic.nodes import NodeNews


def test_engines_on_a_node_that_is_taken_away_leave_and_others_are_started() -> None:
    stage = Stage(2)
    stage.world.on = {"policy-1": "n1", "policy-2": "n2"}
    stage.begun()
    stage.news = NodeNews(nodes=NODES, leaving={"n1": stage.now + 60.0})
    stage.look()
    assert stage.group.leaving == {"policy-1": stage.now + 59.0}
    assert stage.names == policy(1, 2)
    stage.heard("policy-1", IDLE | {"running": 3})
    stage.look(times=3)
    assert stage.names == policy(1, 2, 3)
    stage.look(60.0 - 4 - LAST_S)
    assert not stage.world.ended
    stage.look(1.5)
    assert stage.world.ended == policy(1)
    assert stage.names == policy(2, 3)
    assert not stage.said


def test_an_engine_over_several_nodes_leaves_with_the_first_of_them() -> None:
    stage = Stage(1)
    stage.world.on = {"policy-1": "n1 n2 n3"}
    stage.begun()
    stage.news = NodeNews(nodes=NODES, leaving={"n2": None, "n3": stage.now + 60.0})
    stage.look()
    assert stage.group.leaving == {"policy-1": stage.now + 59.0}


def test_an_engine_that_leaves_is_ended_once_it_is_idle_and_workers_know() -> None:
    stage = Stage(2)
    stage.world.on = {"policy-1": "n1"}
    stage.begun()
    stage.news = NodeNews(nodes=NODES, leaving={"n1": None})
    stage.look()
    stage.heard("policy-1", IDLE)
    stage.look(HEARD_OF_S - 1)
    assert not stage.world.ended
    stage.heard("policy-1", IDLE | {"in_flight": 1})
    stage.look(HEARD_OF_S)
    assert not stage.world.ended
    stage.heard("policy-1", IDLE)
    stage.look()
    assert stage.world.ended == policy(1)


def test_a_node_that_leaves_at_leisure_may_be_given_a_deadline() -> None:
    stage = Stage(2)
    stage.world.on = {"policy-1": "n1"}
    stage.begun()
    stage.news = NodeNews(nodes=NODES, leaving={"n1": None})
    stage.look(times=3)
    stage.heard("policy-1", IDLE | {"running": 3})
    stage.group.changed = False
    stage.news = NodeNews(nodes=NODES, leaving={"n1": (deadline := stage.now + 20.0)})
    stage.look()
    assert stage.group.leaving == {"policy-1": deadline}
    assert stage.group.changed
    stage.look(20.0 - LAST_S)
    assert stage.world.ended == policy(1)


def test_the_last_engine_stays_until_another_is_up() -> None:
    stage = Stage(1)
    stage.world.on = {"policy-1": "n1"}
    stage.begun()
    stage.world.does = {"policy-2": LOADS}
    stage.news = NodeNews(nodes=NODES, leaving={"n1": stage.now + 5.0})
    stage.look(10.0, times=4)
    assert stage.names == policy(1)
    stage.world.does.clear()
    stage.look(times=2)
    assert stage.names == policy(2)


def test_an_engine_that_dies_with_its_node_while_it_leaves_is_gone() -> None:
    stage = Stage(2)
    stage.world.on = {"policy-1": "n1"}
    stage.begun()
    stage.news = NodeNews(nodes=NODES, leaving={"n1": None})
    stage.look()
    stage.heard("policy-1", dead=True)
    stage.look(times=4)
    assert stage.names == policy(2, 3)


def test_surplus_engines_leave_from_the_last_on_and_end_when_idle() -> None:
    stage = Stage(1, most=4).begun()
    stage.group.target = 4
    stage.look(times=4)
    assert stage.names == policy(1, 2, 3, 4)
    stage.group.target = 2
    stage.look()
    assert stage.group.leaving == {"policy-3": None, "policy-4": None}
    stage.heard("policy-4", IDLE)
    stage.look(HEARD_OF_S + 1)
    assert stage.names == policy(1, 2, 3)
    assert not stage.world.started[4:]


def test_a_surplus_engine_that_is_wanted_again_stays() -> None:
    stage = Stage(1, most=3).begun()
    stage.world.on = {"policy-2": "n2"}
    stage.group.target = 3
    stage.look(times=3)
    stage.group.target = 1
    stage.look()
    assert set(stage.group.leaving) == {"policy-2", "policy-3"}
    stage.news = NodeNews(nodes=NODES, leaving={"n2": None})
    stage.group.target = 2
    stage.look()
    assert set(stage.group.leaving) == {"policy-2"}
    assert stage.world.started == policy(1, 2, 3)


def test_more_than_the_least_number_are_started_only_where_there_is_room() -> None:
    stage = Stage(1, most=4).begun()
    stage.room, stage.group.target = False, 4
    stage.look(times=3)
    assert stage.names == policy(1)
    stage.room = True
    stage.look(times=4)
    assert stage.names == policy(1, 2, 3, 4)


def test_few_are_started_at_a_time() -> None:
    stage = Stage(1, most=64).begun()
    stage.world.does = dict.fromkeys(policy(*range(2, 65)), LOADS)
    stage.group.target = 64
    stage.look(times=3)
    assert len(stage.world.started) == 1 + PENDING
