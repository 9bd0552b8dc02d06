"""Inventory: nodes as a user writes them down, and a plan on them as lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from cluster.inventory import nodes_from, parse_nodes, placement_lines
from cluster.plan import Demand, PlannedNode, demands, placement
from factory.errors import BadInput


def test_64_nodes_of_8_h100_have_12_cpus_for_each_gpu() -> None:
    assert parse_nodes("64x8xH100") == [PlannedNode(cpus=96, gpus=8, gpu_type="H100", gpu_memory_gb=80)] * 64


def test_cpus_may_be_said_and_kinds_of_nodes_joined() -> None:
    cpu, gpu = PlannedNode(cpus=16, gpus=0), PlannedNode(cpus=64, gpus=4, gpu_type="L40S", gpu_memory_gb=48)
    assert parse_nodes("1x4xl40sx64 + 2x0x-x16") == [gpu, cpu, cpu]


def test_a_file_lists_kinds_of_nodes(tmp_path: Path) -> None:
    path = tmp_path / "nodes.yaml"
    path.write_text("- {count: 2, gpus: 8, gpu_type: H100, gpu_memory_gb: 94}\n- {cpus: 4}\n", encoding="utf-8")
    gpu = PlannedNode(cpus=96, gpus=8, gpu_type="H100", gpu_memory_gb=94)
    assert nodes_from(str(path)) == [gpu, gpu, PlannedNode(cpus=4, gpus=0)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("64", "which is no kind of node"),
        ("64x8", "which is no kind of node"),
        ("", "which is no kind of node"),
        ("8x8xH100+", "which is no kind of node"),
        ("-1x8xH100", "which is no kind of node"),
        ("0x8xH100", "0 nodes. Expected 1 to 10,000"),
        ("99999x8xH100", "Expected 1 to 10,000"),
        ("9999x8xH100+2x8xH100", "10,001 nodes. Expected at most 10,000"),
        ("9" * 5000 + "x8xH100", "which is no kind of node"),
        ("4x0x-", "no CPUs, and no GPUs to guess them from"),
    ],
)
def test_a_text_that_is_no_inventory_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        parse_nodes(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{count: 1}", "no list"),
        ("[]", "no list"),
        ("- 3", "no list"),
        ("- {count: 1, gpu: 8}", "the key 'gpu'"),
        ("- {count: 1, gpus: many}", "'many' GPUs"),
        ("- {count: true, cpus: 1}", "True nodes"),
        ("- {count: 1, cpus: .inf}", "inf CPUs"),
        ("a: [", "cannot be read as YAML"),
    ],
)
def test_a_file_that_is_no_inventory_is_refused_by_name(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "nodes.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=said) as refused:
        nodes_from(str(path))
    assert str(path) in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        nodes_from(str(tmp_path / "nodes.yaml"))


def test_nodes_with_equal_loads_share_a_line() -> None:
    nodes = parse_nodes("4x8xH100+1x0x-x16")
    engines = [Demand(role="generator", count=2, cpus=1.0, gpus=8.0, nodes=2)]
    made = placement(demands(engines=engines, workers=5, checkers=1, writers=0), nodes)
    assert placement_lines(made, nodes) == [
        "1 × (8 H100, 96 CPUs): 1 part of generators over 2 nodes, 1 rollout worker, 1 answer checker",
        "3 × (8 H100, 96 CPUs): 1 part of generators over 2 nodes, 1 rollout worker",
        "1 × (16 CPUs): 1 rollout worker",
    ]


def test_a_node_with_nothing_on_it_is_shown_too() -> None:
    nodes = [PlannedNode(cpus=2, gpus=0, head=True), PlannedNode(cpus=8, gpus=1, leaving=True)]
    assert placement_lines(placement([], nodes), nodes) == [
        "1 × head (2 CPUs): nothing",
        "1 × (1 GPUs, 8 CPUs, leaving): nothing",
    ]
