"""The command as a person uses it: killed, interrupted, resumed, asked for its state. Each test is a real process."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.commands import Running
from omegaconf import OmegaConf
from support.runs import config_for, every_question_once, settings_for

pytestmark = pytest.mark.distributed
SLOW: dict[str, Any] = {
    "source": {"n": 14},
    "run": {"unit_size": 1},
    "engine": {"latency_s": 0.2},
    "cluster": {"units_in_flight": 2},
}


def shards(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "data").glob("part-*.parquet")}


def begun(running: Callable[..., Running], tmp_path: Path, units: int) -> tuple[Running, Path]:
    """A slow run that has committed some units."""
    folder, config = tmp_path / "run", tmp_path / "config.yaml"
    OmegaConf.save(OmegaConf.create(config_for(folder, **SLOW)), config)
    run = running("run", str(config))
    run.wait_for(lambda: len(list(folder.glob("data/part-*.parquet"))) >= units)
    return run, folder


def test_a_killed_run_leaves_no_process_and_resumes_without_losing_or_doubling(
    running: Callable[..., Running], tmp_path: Path
) -> None:
    run, folder = begun(running, tmp_path, units=2)
    run.look()
    run.process.kill()
    run.process.wait(10)
    status = running("status", str(folder)).end()
    assert status[0] == 0
    assert "not complete" in status[1]
    print(f"all gone {run.seconds_until_all_are_gone():.1f} s after the SIGKILL")
    before = shards(folder)
    assert 2 <= len(before) < 14

    code, stdout, stderr = running("resume", str(folder)).end()
    assert (code, "run complete" in stdout) == (0, True), stderr
    after = shards(folder)
    assert len(after) == 14
    assert {name: after[name] for name in before} == before
    assert every_question_once(settings_for(folder, **SLOW))

    code, stdout, _ = running("resume", str(folder)).end()
    assert (code, "run complete" in stdout) == (0, True)
    assert shards(folder) == after


def test_one_ctrl_c_finishes_what_is_in_flight_and_says_how_to_go_on(
    running: Callable[..., Running], tmp_path: Path
) -> None:
    run, folder = begun(running, tmp_path, units=2)
    os.killpg(run.process.pid, signal.SIGINT)
    code, stdout, stderr = run.end()
    assert code == 130
    assert f"factory resume {folder}" in stdout
    assert "Traceback" not in stderr
    assert 2 < len(shards(folder)) < 14
    assert not list((folder / "data").glob(".*"))
    run.seconds_until_all_are_gone()


def test_a_second_signal_stops_at_once(running: Callable[..., Running], tmp_path: Path) -> None:
    run, folder = begun(running, tmp_path, units=1)
    run.process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    os.killpg(run.process.pid, signal.SIGINT)
    asked = time.monotonic()
    code, _, stderr = run.end()
    assert time.monotonic() - asked < 8  # Ray needs seconds to leave
    assert code == 130
    assert f"stopped at once. Committed units are kept; go on with: factory resume {folder}" in stderr
    assert "Traceback" not in stderr
    assert "SIGTERM received" not in stderr
    run.seconds_until_all_are_gone()


def test_a_ctrl_c_while_the_actors_start_does_not_wait_for_them(
    running: Callable[..., Running], tmp_path: Path
) -> None:
    folder, config = tmp_path / "run", tmp_path / "config.yaml"
    OmegaConf.save(OmegaConf.create(config_for(folder, **SLOW)), config)
    run = running("run", str(config))
    run.wait_for(lambda: any("raylet" in process.name() for process in run.alive()))
    os.killpg(run.process.pid, signal.SIGINT)
    code, _, stderr = run.end()
    assert code == 130, stderr
    assert "Traceback" not in stderr
    run.seconds_until_all_are_gone()
