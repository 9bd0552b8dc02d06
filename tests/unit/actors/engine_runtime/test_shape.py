"""Shape of an engine: one node where it fits, else as few as it needs, in equal parts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from actors.contracts.engines import ENGINES
from actors.engine_runtime.shape import EngineShape, engine_shape
from factory.errors import BadInput


def shape(**values: Any) -> EngineShape:
    return engine_shape(**{"cpus": 2.0, "gpus": 16.0, "parts": 16, "nodes": 0, "most_gpus": 8.0, **values})


def test_an_engine_that_fits_a_node_lies_on_one() -> None:
    assert shape(gpus=8.0, parts=8) == EngineShape(1, 2.0, 8.0)
    assert shape(gpus=0.5, parts=1) == EngineShape(1, 2.0, 0.5)


def test_one_that_is_too_large_lies_over_as_few_nodes_as_it_needs() -> None:
    assert shape() == EngineShape(2, 1.0, 8.0)


def test_the_number_of_nodes_may_be_said_also_without_gpus() -> None:
    assert shape(gpus=0.0, parts=3, nodes=3, cpus=3.0) == EngineShape(3, 1.0, 0.0)


def test_nodes_of_which_nothing_is_known_are_taken_for_large_enough() -> None:
    assert shape(most_gpus=0.0).nodes == 1


@pytest.mark.parametrize("values", [{"gpus": 3.0, "parts": 3, "nodes": 2}, {"gpus": 13.0, "parts": 13}])
def test_parts_that_cannot_be_spread_evenly_over_the_nodes_are_refused_in_numbers(values: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match="cannot lie evenly over 2 nodes"):
        shape(**values)


def test_a_number_of_nodes_below_none_is_refused() -> None:
    with pytest.raises(BadInput, match=r"engine\.nodes is -1"):
        shape(nodes=-1)


def test_each_engine_says_its_shape_by_its_settings() -> None:
    vllm, simulated, http = (ENGINES.load(kind) for kind in ("vllm", "simulated", "http"))
    sixteen = vllm.Config(tensor_parallel_size=8, pipeline_parallel_size=2, num_gpus=16, num_cpus=2)
    assert vllm.shape(sixteen, most_gpus=8) == EngineShape(2, 1.0, 8.0)
    assert vllm.shape(vllm.Config(tensor_parallel_size=3, nodes=3, num_cpus=3)) == EngineShape(3, 1.0, 0.0)
    assert simulated.shape(simulated.Config(num_gpus=16, nodes=0), most_gpus=8) == EngineShape(2, 0.0, 8.0)
    assert http.shape(http.Config(base_url="http://127.0.0.1:1/v1"), most_gpus=8).nodes == 1


def test_an_engine_that_lies_on_one_node_is_not_put_on_two() -> None:
    plugin = replace(ENGINES.load("scripted"), follow=None)
    with pytest.raises(BadInput, match="engine 'scripted' lies on one node"):
        plugin.shape(plugin.Config(nodes=2))
