"""Commands as a person uses them: killed, interrupted, resumed, asked for their state. Each test is a real process.

Each starts and ends a Ray of its own. The engine stands at a gate, so that no run is over before the test has acted.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf
from support.commands import Running
from support.plugins.gate import close, waiting
from support.runs import config_for, every_question_once, rows_of, settings_for

from factory.shards.spool import spooled

pytestmark = pytest.mark.distributed
UNITS, FREE, IN_FLIGHT = 14, 4, 2  # questions FREE and later wait at the gate


def sections(tmp_path: Path) -> dict[str, Any]:
    """Settings of a run of one question per unit, behind a gate in `tmp_path`."""
    engine = {"kind": "tests.support.plugins.engines", "steps": 5, "words": 3, "gate": str(tmp_path / "gate")}
    return {
        "source": {"n": UNITS},
        "run": {"unit_size": 1},
        "engine": engine,
        "cluster": {"units_in_flight": IN_FLIGHT},
    }


def shards(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "data").glob("part-*.parquet")}


def started(running: Callable[..., Running], tmp_path: Path) -> tuple[Running, Path]:
    """A run behind a closed gate, and its folder."""
    folder, config = tmp_path / "run", tmp_path / "config.yaml"
    close(tmp_path / "gate", *(f"question {number} " for number in range(FREE, UNITS)))
    OmegaConf.save(OmegaConf.create(config_for(folder, **sections(tmp_path))), config)
    return running("run", str(config)), folder


def halted(running: Callable[..., Running], tmp_path: Path) -> tuple[Running, Path]:
    """A run that has committed what it may, and has the next two units in flight."""
    run, folder = started(running, tmp_path)
    run.wait_for(lambda: len(waiting(tmp_path / "gate")) == IN_FLIGHT)
    return run, folder


def test_a_killed_run_leaves_no_process_and_resumes_without_losing_or_doubling(
    running: Callable[..., Running], tmp_path: Path
) -> None:
    run, folder = halted(running, tmp_path)
    run.kill()
    status = running("status", str(folder)).end()
    assert status[0] == 0
    assert "not complete" in status[1]
    run.wait_until_all_are_gone()
    before = shards(folder)
    assert len(before) == FREE

    (tmp_path / "gate").unlink()
    code, stdout, stderr = running("resume", str(folder)).end()
    assert (code, "run complete" in stdout) == (0, True), stderr
    after = shards(folder)
    assert len(after) == UNITS
    assert {name: after[name] for name in before} == before
    assert every_question_once(settings_for(folder, **sections(tmp_path)))

    code, stdout, _ = running("resume", str(folder)).end()
    assert (code, "run complete" in stdout) == (0, True)
    assert shards(folder) == after


def test_one_ctrl_c_finishes_what_is_in_flight_and_says_how_to_go_on(
    running: Callable[..., Running], tmp_path: Path
) -> None:
    run, folder = halted(running, tmp_path)
    os.killpg(run.process.pid, signal.SIGINT)
    (tmp_path / "gate").unlink()
    code, stdout, stderr = run.end()
    assert code == 130
    assert f"factory resume {folder}" in stdout
    assert "Traceback" not in stderr
    assert len(shards(folder)) == FREE + IN_FLIGHT
    assert not list((folder / "data").glob(".*"))
    run.wait_until_all_are_gone()


def test_a_sigterm_in_the_middle_of_a_long_unit_keeps_its_finished_questions_for_the_resume(
    running: Callable[..., Running], tmp_path: Path
) -> None:
    folder, config, gate = tmp_path / "run", tmp_path / "config.yaml", tmp_path / "gate"
    sections: dict[str, Any] = {
        "source": {"n": 4},
        "run": {"unit_size": 4, "grace_s": 0},
        "search": {"method": "tests.support.plugins.gated_search", "gate": str(gate)},
        "cluster": {"spool_s": 0.2},
    }
    close(gate, "question 3 ")
    OmegaConf.save(OmegaConf.create(config_for(folder, **sections)), config)
    run = running("run", str(config))
    run.wait_for(lambda: sum(item.rows for item in spooled(folder)) == 3)
    run.process.send_signal(signal.SIGTERM)
    code, stdout, stderr = run.end()
    assert code == 130
    assert "kept           3 finished questions" in stdout
    assert f"factory resume {folder}" in stdout
    assert "Traceback" not in stderr
    assert shards(folder) == {}
    run.wait_until_all_are_gone()

    stopped = datetime.now(UTC)
    gate.unlink()
    code, stdout, stderr = running("resume", str(folder)).end()
    assert (code, "run complete" in stdout) == (0, True), stderr
    assert every_question_once(settings_for(folder, **sections))
    assert [row["created_at"] > stopped for row in rows_of(settings_for(folder, **sections))] == [False] * 3 + [True]


def test_a_second_signal_stops_at_once(running: Callable[..., Running], tmp_path: Path) -> None:
    run, folder = halted(running, tmp_path)
    run.process.send_signal(signal.SIGTERM)
    os.killpg(run.process.pid, signal.SIGINT)
    code, _, stderr = run.end()  # though the gate stays closed
    assert code == 130
    assert f"stopped at once. Committed units are kept; go on with: factory resume {folder}" in stderr
    assert "Traceback" not in stderr
    assert "SIGTERM received" not in stderr
    run.wait_until_all_are_gone()


def test_a_ctrl_c_while_the_actors_start_does_not_wait_for_them(
    running: Callable[..., Running], tmp_path: Path
) -> None:
    run, _ = started(running, tmp_path)
    run.wait_for(lambda: any("raylet" in process.name() for process in run.alive()))
    os.killpg(run.process.pid, signal.SIGINT)
    code, _, stderr = run.end()
    assert code == 130, stderr
    assert "Traceback" not in stderr
    run.wait_until_all_are_gone()
