"""Starts of a local Ray on a machine that is too busy for Ray's own time limit, and the nodes of a cluster."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from ray.exceptions import RpcError
from support.runs import config_for

from cluster import connect
from cluster.connect import LOCAL_STARTS, connected, free_of_cluster, nodes_of_cluster
from cluster.plan import PlannedNode
from factory.errors import BadInput
from tools.checker_audit import soak
from tools.cli import main
from tools.one_line import exit_status

TIMED_OUT = Exception("The current node timed out during startup. This could happen because …")


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[Exception | None]:
    """Outcomes of the next calls of `ray.init`, in order; what is left over was not called."""
    outcomes: list[Exception | None] = []

    def init(**_: object) -> None:
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome

    monkeypatch.setattr(connect.ray, "init", init)
    monkeypatch.setattr(connect.ray, "shutdown", lambda: None)
    monkeypatch.setattr(connect.ray, "is_initialized", lambda: False)
    monkeypatch.setattr(connect, "named_descendants", lambda pid: set())
    # A head answers wherever one is looked for.
    monkeypatch.setattr(connect, "canonicalize_bootstrap_address", lambda address: "head:6379")
    monkeypatch.setattr(connect, "look", lambda address: None)
    return outcomes


# As Ray words them, where one of its servers is late or dies.
LATE = [
    TIMED_OUT,
    RuntimeError("Failed to start GCS.  Last 0 lines of error files:\n\n.Please check gcs_server.out for details."),
    ConnectionError("Could not read 'session_name' from GCS. Did GCS start successfully?"),
    TimeoutError("Timed out after 30 seconds while waiting for node to startup."),
    Exception("No node info found for head node in GCS. Did the head node or gcs start successfully?"),
    RpcError("failed to connect to all addresses"),
]


@pytest.mark.parametrize("late", LATE)
def test_a_start_that_is_late_is_tried_again_and_said(late: Exception, starts: list[Exception | None]) -> None:
    starts += [late, late, None]
    said: list[str] = []
    with connected("local", say=said.append):
        assert not starts
    assert said == [
        f"Ray did not come up in time; starting it again (try {number} of {LOCAL_STARTS})" for number in (2, 3)
    ]


@pytest.mark.parametrize("late", LATE)
def test_a_machine_that_stays_too_busy_is_one_clear_error(late: Exception, starts: list[Exception | None]) -> None:
    starts += [late] * (LOCAL_STARTS + 1)
    with pytest.raises(BadInput, match=r"^Ray did not come up .* 4 tries: it is too busy .* Ray says: .*") as error:
        connected("local").__enter__()
    assert len(starts) == 1
    assert "\n" not in str(error.value)
    assert str(late).split()[-2] in str(error.value)


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied", "/tmp/ray"), ValueError("bad num_cpus")])
def test_a_machine_on_which_ray_cannot_start_is_not_tried_again(
    error: Exception, starts: list[Exception | None]
) -> None:
    starts += [error, None]
    with pytest.raises(BadInput, match="Ray cannot start on this machine: "), connected("local"):
        pass
    assert starts == [None]


@pytest.mark.parametrize("error", [ConnectionError("nobody there"), TimeoutError("late"), RuntimeError("no GCS")])
def test_a_cluster_that_does_not_answer_is_not_tried_again(error: Exception, starts: list[Exception | None]) -> None:
    starts += [error, None]
    with pytest.raises(BadInput, match="no Ray cluster answers at 'auto'"), connected("auto"):
        pass
    assert starts == [None]


def test_what_a_late_start_has_left_is_ended_before_the_next(
    starts: list[Exception | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    starts += [TIMED_OUT, None]
    running = iter([set(), {"gcs 1"}, {"gcs 2"}])
    ended: list[set[str]] = []
    monkeypatch.setattr(connect, "named_descendants", lambda pid: next(running))
    monkeypatch.setattr(connect, "guarded", lambda processes: nullcontext())
    monkeypatch.setattr(connect, "kill", lambda processes: ended.append(set(processes)))
    with connected("local"):
        assert ended == [{"gcs 1"}]
    assert ended == [{"gcs 1"}, {"gcs 2"}]


def test_any_other_error_of_ray_is_raised_as_it_is(starts: list[Exception | None]) -> None:
    starts += [Exception("a bug")]
    with pytest.raises(Exception, match="a bug"), connected("local"):
        pass


def test_a_run_on_a_machine_that_is_too_busy_ends_in_one_line_and_can_be_resumed(
    starts: list[Exception | None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    OmegaConf.save(OmegaConf.create(config_for(tmp_path / "run")), tmp_path / "config.yaml")
    for verb, place in (("run", tmp_path / "config.yaml"), ("resume", tmp_path / "run")):
        starts += [TIMED_OUT] * LOCAL_STARTS
        monkeypatch.setattr(sys, "argv", ["factory", verb, str(place)])
        with pytest.raises(SystemExit, match="2"):
            main()
        *before, last = capsys.readouterr().err.splitlines()
        assert last.startswith("factory: Ray did not come up on this machine in 4 tries: it is too busy (load ")
        assert sum("starting it again" in line for line in before) == LOCAL_STARTS - 1
        assert not any(line.startswith("Traceback") for line in before)


def test_a_tool_on_a_machine_that_is_too_busy_ends_in_one_line(
    starts: list[Exception | None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    starts += [TIMED_OUT] * LOCAL_STARTS
    monkeypatch.setattr(sys, "argv", ["soak", "--json", str(tmp_path / "out.json")])
    assert exit_status(soak.main) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("Ray did not come up on this machine in 4 tries")


def test_nodes_of_a_cluster_are_told_with_id_head_and_type_of_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    head = {"CPU": 4.0, "node:10.0.0.1": 1.0, "node:__internal_head__": 1.0, "memory": 8e9}
    held = {"CPU": 90.0, "accelerator_type:H100": 1.0}
    worker = {**held, "CPU": 96.0, "GPU": 8.0}
    nodes = [
        {"NodeID": "a1", "Alive": True, "Resources": head},
        {"NodeID": "b2", "Alive": True, "Resources": worker},
        {"NodeID": "c3", "Alive": False, "Resources": worker},
    ]
    monkeypatch.setattr(connect.ray, "nodes", lambda: nodes)
    monkeypatch.setattr(connect, "available_resources_per_node", lambda: {"b2": held})
    assert nodes_of_cluster() == [
        PlannedNode(cpus=4, gpus=0, id="a1", head=True),
        PlannedNode(cpus=96, gpus=8, id="b2", gpu_type="H100", gpu_memory_gb=80),
    ]
    assert free_of_cluster() == [PlannedNode(cpus=90, gpus=0, id="b2")]
