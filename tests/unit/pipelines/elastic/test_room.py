"""Room for a run on a cluster that others use, too, for one more engine, and beside hands that Ray spreads."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

from cluster.plan import Demand, PlannedNode
from factory.errors import BadInput
from pipelines.elastic import room as rooms
from pipelines.elastic.room import FREE_S, Room, hands_get_in_the_way, require_room

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


GPUS = [Demand(role="generator", count=4, cpus=1.0, gpus=1.0)]
WHOLE, HALF = PlannedNode(cpus=96, gpus=8), PlannedNode(cpus=90, gpus=2)


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> list[PlannedNode]:
    """Free rooms that the cluster tells one after the other, then for ever the last; a look takes a second."""
    told: list[PlannedNode] = []
    clock = itertools.count()
    monkeypatch.setattr(rooms, "free_of_cluster", lambda: [told.pop(0) if len(told) > 1 else told[0]])
    monkeypatch.setattr(rooms, "time", SimpleNamespace(monotonic=lambda: next(clock), sleep=lambda seconds: None))
    return told


def test_gpus_that_others_keep_end_the_start_in_a_sentence(free: list[PlannedNode]) -> None:
    free += [HALF]
    with pytest.raises(BadInput, match=r"^6 of 8 GPUs and 6 of 96 CPUs are held by others.* only 2 of 4 generators"):
        require_room(GPUS, GPUS, [WHOLE])


def test_gpus_that_become_free_are_waited_for(free: list[PlannedNode]) -> None:
    free += [HALF, HALF, WHOLE]
    require_room(GPUS, GPUS, [WHOLE])
    assert free == [WHOLE]


def test_room_is_asked_for_those_alone_that_are_not_there_yet(free: list[PlannedNode]) -> None:
    free += [HALF]
    require_room(GPUS, [Demand(role="judge engine", count=2, cpus=1.0, gpus=1.0)], [WHOLE])
