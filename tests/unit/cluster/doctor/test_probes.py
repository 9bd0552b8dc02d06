"""Facts that the doctor's probe reads on a node."""

from __future__ import annotations

import pickle
import socket
from pathlib import Path

import pytest

from cluster.doctor import probes
from cluster.doctor.contract import NodeTest
from cluster.doctor.probes import gpus_of, probe
from factory.errors import BadInput


def refused() -> str:
    raise BadInput("no such model. Expected a folder.")


def test_this_machine_tells_what_it_has(tmp_path: Path) -> None:
    tests = [NodeTest(check="model", call=refused), NodeTest(check="checker", call=str)]
    said = probe("127.0.0.1", [str(tmp_path / "not/there")], tests)
    assert said.packages["ray"].startswith("2.")
    assert said.disks[str(tmp_path / "not/there")] > 0
    assert said.port_trouble == ""
    assert said.wrong == {"model": "no such model. Expected a folder."}
    assert said.said == {"checker": ""}
    assert pickle.loads(pickle.dumps(said)) == said  # noqa: S301 - our own bytes


def test_what_nvidia_smi_prints_is_read() -> None:
    text = "580.1, 0, NVIDIA H100 80GB HBM3, 81559\n580.1, 1, NVIDIA H100 80GB HBM3, 81559\n"
    assert gpus_of(text) == ("580.1", {f"{index} NVIDIA H100 80GB HBM3": 81559 * 2**20 for index in (0, 1)})


@pytest.mark.parametrize("text", ["", "NVIDIA-SMI has failed because it couldn't communicate", "a, b, c, [N/A]"])
def test_what_it_prints_where_the_driver_is_broken_is_no_gpu(text: str) -> None:
    assert gpus_of(text) == ("", {})


def test_an_address_of_another_machine_has_no_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "CALL_S", 0.2)
    with pytest.raises(OSError, match="assign"), socket.socket() as one:
        one.bind(("203.0.113.1", 0))
    assert "assign" in probe("203.0.113.1", [], []).port_trouble
