"""`factory plan --nodes`: a plan for a cluster that is not there, and what it refuses."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from cluster.plan import PlannedNode
from tools.cli import main
from tools.commands import plan

CONFIG = """
model: my-org/My-8B
engine: {{kind: vllm, num_gpus: 1}}
source: {{kind: simulated, n: 20}}
prompt: {{template: zero_shot_cot}}
cluster: {{address: "10.0.0.1:6379", generators: 16}}
run: {{dir: {run}}}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(CONFIG.format(run=tmp_path / "run"))
    return tmp_path / "config.yaml"


@pytest.fixture(autouse=True)
def nobody_connects(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: Any) -> None:
        raise AssertionError("a plan for a cluster that is not there has joined one")

    monkeypatch.setattr(plan, "connected", connect)


def planned(config: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Return the exit status of `factory plan`."""
    monkeypatch.setattr(sys, "argv", ["factory", "plan", str(config), *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_a_cluster_that_is_not_there_is_planned_with_places_memory_and_questions_per_hour(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert planned(config, monkeypatch, "--nodes", "4x8xH100") == 0
    out, error = capsys.readouterr()
    for line in (
        "2 × (8 H100, 96 CPUs): 8 generators, 2 rollout workers",
        "engines take 16 of 32 GPUs",
        "memory of a generator: 16.0 GB of weights (its name (8 billion weights of 2 bytes)) on 1 H100 of 80 GB",
        "questions per hour: about ",
        "tokens/s: datatrove's benchmark of one H100",
        "it fits",
    ):
        assert line in out
    assert not error


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["--nodes", "1x8xH100"],
            "only 8 of 16 generators fit: each needs 1 CPUs and 1 GPUs on one node, 1 nodes have",
        ),
        (["--nodes", "2x8xL4", "model=a/Big-70B"], "a generator needs 140.0 GB for its weights (its name"),
        (["--nodes", "many"], "--nodes holds 'many', which is no kind of node"),
        (["--nodes", ""], "--nodes holds '', which is no kind of node"),
        (["--nodes", "1x8xH100", "pipeline=train"], "pipeline train has none. Leave --nodes out"),
    ],
)
def test_what_does_not_fit_there_is_one_line_in_numbers(
    arguments: list[str],
    says: str,
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert planned(config, monkeypatch, *arguments) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert says in line


def test_a_range_is_planned_at_both_of_its_ends(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert planned(config, monkeypatch, "--nodes", "2x8xH100", "cluster.generators={min: 2, max: 64}") == 0
    out = capsys.readouterr().out
    least, most = out.split("with the most, there is room for 16 of 64 generators, 32 of 32 rollout workers")
    assert "2 to 64 × generator" in least
    assert "1 to 32 × rollout worker" in least
    assert "engines take 2 of 16 GPUs" in least
    assert "8 generators, 16 rollout workers" in most
    assert "engines take 16 of 16 GPUs" in most
    assert "it fits" in most


def test_gpus_that_others_hold_are_said(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nodes_of(*_: Any) -> tuple[list[PlannedNode], list[PlannedNode]]:
        there, free = (PlannedNode(cpus=96, gpus=gpus, gpu_type="H100") for gpus in (16, 12))
        return [there], [free]

    monkeypatch.setattr(plan, "_nodes_of", nodes_of)
    assert planned(config, monkeypatch) == 0
    assert "4 of 16 GPUs and 0 of 96 CPUs are held by others" in capsys.readouterr().out


def test_engines_that_are_too_large_for_a_node_are_planned_over_several(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    large = ["engine.num_gpus=16", "engine.tensor_parallel_size=16", "cluster.generators=2"]
    assert planned(config, monkeypatch, "--nodes", "4x8xH100", *large) == 0
    assert "2 × generator        0.5 CPUs, 8 GPUs on each of 2 nodes" in capsys.readouterr().out
