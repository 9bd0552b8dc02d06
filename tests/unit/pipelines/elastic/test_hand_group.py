"""Workers, checkers and writers that join and leave, on a pretend Ray."""

from __future__ import annotations

import pytest
from support.fleets.pretend_ray import DIES, LOADS, PretendWorld

from factory.errors import BadInput, FactoryError
from pipelines.elastic.hand_group import CALLED_S, DEATHS, LAST_S, RETRY_S, HandGroup
from pipelines.elastic.nodes import Node, NodeNews
from pipelines.pools.hands import WORKER, WRITER

NODES = {name: Node(name, 8.0, 0.0) for name in ("n1", "n2")}


class Stage:
    """Group on a pretend Ray, with a clock that the test moves."""

    def __init__(self, role: str, number: int) -> None:
        self.world, self.said, self.now = PretendWorld(), list[str](), 0.0
        self.group = HandGroup(role, number, self.world, self.said.append, drain_s=10.0, check=self._check)
        self.news = NodeNews(nodes=NODES)
        self.bad: set[str] = set()

    def _check(self, said: object) -> None:
        if self.bad:
            raise BadInput("another factory")

    def look(self, seconds: float = 1.0) -> None:
        self.now += seconds
        self.group.look(self.now, self.news, self.world.places)

    def begun(self) -> Stage:
        self.look()
        self.look()
        assert self.group.is_whole()
        self.group.begin()
        return self

    @property
    def numbers(self) -> list[str]:
        return [member.name.rpartition("-")[2] for member in self.group.members]


def test_a_run_begins_when_all_are_ready() -> None:
    stage = Stage(WORKER, 2)
    stage.world.does = {f"{WORKER}-2": LOADS}
    stage.look()
    stage.look()
    assert not stage.group.is_whole()
    stage.world.does.clear()
    stage.look()
    assert stage.group.is_whole()


def test_a_worker_on_a_node_that_is_taken_away_is_replaced_and_ended_when_it_has_nothing_in_hand() -> None:
    stage = Stage(WORKER, 2)
    stage.world.on = {f"{WORKER}-1": "n1"}
    stage.begun()
    stage.news = NodeNews(nodes=NODES, leaving={"n1": None})
    stage.look()
    stage.look()
    assert stage.group.leaving == {f"{WORKER}-1": None}
    assert stage.numbers == ["1", "2", "3"]
    stage.group.idle(f"{WORKER}-1")
    stage.look()
    assert stage.numbers == ["2", "3"]
    assert stage.world.ended == [f"{WORKER}-1"]


def test_a_worker_that_is_not_done_is_ended_just_before_its_node_goes() -> None:
    stage = Stage(WORKER, 1)
    stage.world.on = {f"{WORKER}-1": "n1"}
    stage.begun()
    stage.news = NodeNews(nodes=NODES, leaving={"n1": stage.now + 30.0})
    stage.look(29.0 - LAST_S)
    assert stage.group.leaving == {f"{WORKER}-1": 22.0}
    assert not stage.world.ended
    stage.look(2.0)
    assert stage.world.ended == [f"{WORKER}-1"]


def test_a_worker_that_leaves_at_leisure_may_be_given_a_deadline() -> None:
    stage = Stage(WORKER, 1)
    stage.world.on = {f"{WORKER}-1": "n1"}
    stage.begun()
    stage.news = NodeNews(nodes=NODES, leaving={"n1": None})
    stage.look()
    stage.news = NodeNews(nodes=NODES, leaving={"n1": (deadline := stage.now + 20.0)})
    stage.look()
    assert stage.group.leaving == {f"{WORKER}-1": deadline - 10.0}
    stage.look(20.0 - LAST_S)
    assert stage.world.ended == [f"{WORKER}-1"]


def test_a_writer_that_leaves_is_called_until_all_workers_have_heard_of_it() -> None:
    stage = Stage(WRITER, 1)
    stage.world.on = {f"{WRITER}-1": "n1"}
    stage.begun()
    stage.news = NodeNews(nodes=NODES, leaving={"n1": None})
    stage.look()
    stage.look(CALLED_S - 1)
    assert stage.numbers == ["1", "2"]
    stage.look(2.0)
    assert stage.numbers == ["2"]


def test_more_are_started_and_surplus_ones_leave() -> None:
    stage = Stage(WORKER, 1).begun()
    stage.group.aim(3)
    stage.look()
    stage.look()
    assert stage.numbers == ["1", "2", "3"]
    stage.group.aim(1)
    stage.look()
    assert len(stage.group.leaving) == 2
    for name in list(stage.group.leaving):
        stage.group.idle(name)
    stage.look()
    assert len(stage.numbers) == 1


def test_a_hand_that_dies_again_and_again_ends_the_start_with_the_reason() -> None:
    stage = Stage(WORKER, 1)
    stage.world.does = {f"{WORKER}-1": DIES}
    for _ in range(DEATHS):
        stage.look(RETRY_S + 1)
        stage.look(RETRY_S + 1)
    stage.look(RETRY_S + 1)
    with pytest.raises(FactoryError, match="an actor died while starting: it crashed"):
        stage.look(RETRY_S + 1)


def test_a_hand_with_other_code_ends_the_start_and_in_mid_run_is_one_less() -> None:
    stage = Stage(WORKER, 1)
    stage.bad = {"any"}
    stage.look()
    with pytest.raises(BadInput, match="another factory"):
        stage.look()
    stage = Stage(WORKER, 1).begun()
    stage.bad = {"any"}
    stage.group.aim(2)
    for _ in range(9):
        stage.look()
        stage.group.aim(2)
    assert stage.said == ["one rollout worker less: another factory"]
    assert stage.numbers == ["1"]
