"""Engines that are too large for a node, in a plan of the cluster there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.runs import settings_for

from cluster.plan import PlannedNode, placement
from factory.errors import BadInput
from pipelines.pools.engines import demands_of
from pipelines.run.settings import Settings

EIGHT = [PlannedNode(cpus=96, gpus=8)] * 4


def settings(**engine: Any) -> Settings:
    return settings_for(Path("unused"), engine={"kind": "simulated", **engine}, cluster={"generators": 2})


def test_an_engine_lies_over_as_many_nodes_as_it_needs_of_those_there_are() -> None:
    [engines, *_] = demands_of(settings(num_gpus=16, nodes=0), nodes=EIGHT)
    assert (engines.count, engines.nodes, engines.gpus) == (2, 2, 8)
    made = placement([engines], EIGHT)
    assert sorted(node for actor in made.placed for node in actor.nodes) == [0, 1, 2, 3]


def test_one_that_is_small_enough_keeps_to_a_node() -> None:
    [engines, *_] = demands_of(settings(num_gpus=4, nodes=0), nodes=EIGHT)
    made = placement([engines], EIGHT)
    assert engines.nodes == 1
    assert len({actor.nodes for actor in made.placed}) == 1


def test_where_nobody_knows_the_nodes_it_lies_where_its_config_says() -> None:
    assert [demands_of(settings(num_gpus=16, nodes=nodes))[0].nodes for nodes in (0, 2)] == [1, 2]


def test_parts_that_cannot_be_spread_evenly_are_refused() -> None:
    with pytest.raises(BadInput, match="cannot lie evenly over 2 nodes"):
        demands_of(settings(num_gpus=11, nodes=0), nodes=EIGHT)
