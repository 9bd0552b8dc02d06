"""Plan: who goes where, and the numbers in which the impossible is refused."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cluster.plan import Demand, Placement, PlannedNode, demands, held_by_others, placement, shortfall

GPU_NODE = PlannedNode(cpus=96, gpus=8)


def engines(**values: Any) -> Demand:
    return Demand(role="generator", **{"count": 1, "cpus": 1.0, "key": "cluster.generators", **values})


def plan_for(**values: Any) -> list[Demand]:
    return demands(engines=[engines(**values)], workers=1, checkers=1, writers=1)


def nodes_of(made: Placement, role: str) -> list[tuple[int, ...]]:
    return [actor.nodes for actor in made.placed if actor.role == role]


def test_a_small_plan_fits_two_cores() -> None:
    assert shortfall(plan_for(), [PlannedNode(cpus=2, gpus=0)]) is None


def test_a_plan_without_enough_gpus_says_how_many_fit() -> None:
    problem = shortfall(plan_for(count=3, gpus=1.0), [PlannedNode(cpus=16, gpus=2)])
    assert problem == (
        "only 2 of 3 generators fit: each needs 1 CPUs and 1 GPUs on one node, 1 nodes have 16 CPUs and 2 GPUs in all. "
        "Lower cluster.generators or add nodes."
    )


def test_an_engine_is_not_split_over_nodes_unless_it_says_so() -> None:
    small = [PlannedNode(cpus=8, gpus=1)] * 2
    assert "on one node" in str(shortfall(plan_for(gpus=2.0), small))
    assert nodes_of(placement(plan_for(gpus=1.0, nodes=2), small), "generator") == [(0, 1)]


def test_each_part_of_an_engine_has_a_node_of_its_own() -> None:
    assert "on each of 2 nodes" in str(shortfall(plan_for(gpus=2.0, nodes=2), [GPU_NODE]))


def test_two_engines_of_16_gpus_fill_four_nodes_of_8() -> None:
    made = placement([engines(count=2, gpus=8.0, cpus=0.5, nodes=2)], [GPU_NODE] * 4)
    assert made.why is None
    assert sorted(at for pair in nodes_of(made, "generator") for at in pair) == [0, 1, 2, 3]


def test_small_engines_are_packed_so_that_a_large_one_still_fits() -> None:
    judge = Demand(role="judge engine", count=1, cpus=1.0, gpus=8.0)
    made = placement([engines(count=8, gpus=1.0), judge], [GPU_NODE] * 2)
    assert made.why is None
    assert len(set(nodes_of(made, "generator"))) == 1


def test_hands_are_spread_and_not_on_the_head() -> None:
    nodes = [PlannedNode(cpus=16, gpus=0, head=True), *[PlannedNode(cpus=16, gpus=0)] * 3]
    made = placement(demands(engines=[], workers=6, checkers=3, writers=3), nodes)
    assert Counter(nodes_of(made, "rollout worker")) == {(1,): 2, (2,): 2, (3,): 2}
    assert sorted(nodes_of(made, "answer checker")) == sorted(nodes_of(made, "shard writer")) == [(1,), (2,), (3,)]
    assert made.remarks == ()


def test_hands_take_the_head_when_no_other_node_has_room_and_that_is_said() -> None:
    nodes = [PlannedNode(cpus=4, gpus=0, head=True), PlannedNode(cpus=1, gpus=0)]
    made = placement(demands(engines=[], workers=4, checkers=0, writers=0), nodes)
    assert made.why is None
    assert made.remarks == ("2 of 4 rollout workers are on the head node: no other has room for them",)


def test_the_only_node_may_be_the_head() -> None:
    made = placement(plan_for(), [PlannedNode(cpus=2, gpus=0, head=True)])
    assert (made.why, made.remarks) == (None, ())


def test_an_engine_goes_to_the_head_last() -> None:
    nodes = [PlannedNode(cpus=4, gpus=0, head=True), PlannedNode(cpus=8, gpus=0)]
    assert nodes_of(placement([engines(count=1)], nodes), "generator") == [(1,)]


def test_a_node_that_leaves_takes_nobody_and_is_named_in_the_refusal() -> None:
    nodes = [PlannedNode(cpus=8, gpus=1, leaving=True), PlannedNode(cpus=8, gpus=0)]
    assert "2 nodes, 1 of them leaving, have" in str(shortfall(plan_for(gpus=1.0), nodes))


def test_what_a_run_starts_with_is_placed_before_the_rest() -> None:
    wanted = [engines(count=8, least=1, gpus=1.0), Demand(role="judge engine", count=2, least=1, cpus=1.0, gpus=1.0)]
    made = placement(wanted, [PlannedNode(cpus=8, gpus=2)])
    assert (made.count("generator"), made.count("judge engine")) == (1, 1)
    assert made.why_not_least is None
    assert "only 1 of 8 generators fit" in str(made.why)


def test_a_least_number_that_does_not_fit_is_refused_as_such() -> None:
    problem = shortfall([engines(count=8, least=3, gpus=1.0)], [PlannedNode(cpus=8, gpus=2)], least=True)
    assert "only 2 of at least 3 generators fit" in str(problem)


def test_gpus_that_others_hold_are_told_apart_from_gpus_that_are_not_there() -> None:
    wanted, free = plan_for(count=2, gpus=4.0), [PlannedNode(cpus=90, gpus=2)]
    assert str(held_by_others(wanted, [GPU_NODE], free)).startswith(
        "6 of 8 GPUs and 6 of 96 CPUs are held by others on this cluster; of what is free only 0 of 2 generators fit"
    )
    assert held_by_others(wanted, [GPU_NODE], [GPU_NODE]) is None
    assert held_by_others(plan_for(gpus=16.0), [GPU_NODE], free) is None


def test_a_large_cluster_is_planned_in_a_moment() -> None:
    began = time.process_time()
    made = placement(
        demands(engines=[engines(count=8_000, gpus=1.0)], workers=4_000, checkers=500, writers=500), [GPU_NODE] * 1_000
    )
    assert made.why is None
    # Of a second; a plan that looks at every node for every actor takes ten.
    assert time.process_time() - began < 5


@pytest.mark.parametrize("spread", [True, False])
@settings(max_examples=50, deadline=None)
@given(
    count=st.integers(0, 9),
    gpus=st.sampled_from([0.0, 0.5, 1.0, 2.0]),
    parts=st.integers(1, 3),
    sizes=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.booleans()), min_size=1, max_size=5),
)
def test_no_node_ever_holds_more_than_it_has(
    spread: bool, count: int, gpus: float, parts: int, sizes: list[tuple[int, int, bool]]
) -> None:
    nodes = [PlannedNode(cpus=cpus, gpus=gpus, head=head) for cpus, gpus, head in sizes]
    made = placement([engines(count=count, gpus=gpus, nodes=parts, spread=spread)], nodes)
    load = Counter(at for actor in made.placed for at in actor.nodes)
    assert all(load[at] <= node.cpus and load[at] * gpus <= node.gpus for at, node in enumerate(nodes))
    assert all(len(set(actor.nodes)) == parts for actor in made.placed)
    assert (made.count("generator") == count) is (made.why is None)
