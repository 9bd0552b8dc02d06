"""Room for one more engine, and for engines beside hands that Ray spreads as it likes."""

from __future__ import annotations

from cluster.plan import Demand, PlannedNode
from pipelines.elastic.room import FREE_S, Room, hands_get_in_the_way

ENGINE = Demand(role="generator", count=1, cpus=1.0, gpus=1.0)
JUDGE = Demand(role="judge engine", count=1, cpus=1.0, gpus=1.0)


def test_room_that_was_given_to_one_is_not_given_to_another() -> None:
    now = [0.0]
    room = Room(lambda: now[0], lambda: [PlannedNode(cpus=8, gpus=2)])
    assert [room.take(demand) for demand in (ENGINE, JUDGE, ENGINE, JUDGE)] == [True, True, False, False]
    now[0] = FREE_S + 1
    assert room.take(ENGINE)  # Ray says again what is free


def test_what_is_free_on_a_node_that_leaves_is_no_room() -> None:
    room = Room(lambda: 0.0, lambda: [PlannedNode(cpus=8, gpus=1, id="n1"), PlannedNode(cpus=8, gpus=1, id="n2")])
    assert not room.take(ENGINE, {"n1", "n2"})
    assert room.take(ENGINE, {"n1"})
    assert not room.take(ENGINE, {"n1"})
    assert room.take(ENGINE)


def test_an_engine_that_needs_a_whole_node_is_placed_before_the_hands() -> None:
    hands = Demand(role="rollout worker", count=4, cpus=0.5, spread=True)
    whole = Demand(role="generator", count=2, cpus=8.0)
    nodes = [PlannedNode(cpus=8, gpus=0) for _ in range(3)]
    assert hands_get_in_the_way([whole, hands], nodes)
    assert not hands_get_in_the_way([Demand(role="generator", count=2, cpus=6.0), hands], nodes)
    assert not hands_get_in_the_way([whole, hands], [PlannedNode(cpus=18, gpus=0)])
