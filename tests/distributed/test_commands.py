"""The command as a person uses it: killed, interrupted, resumed, asked for its state. Each test is a real process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from omegaconf import OmegaConf
from runs_for_tests import config_for, every_question_once, settings_for

pytestmark = pytest.mark.distributed
SLOW: dict[str, Any] = {
    "source": {"n": 14},
    "run": {"unit_size": 1},
    "engine": {"latency_s": 0.2},
    "cluster": {"units_in_flight": 2},
}
SUMMARY_S, GONE_S = 90, 20


class Running:
    """A `factory` process in a process group of its own, as a shell makes one, and every process it started."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tools.cli", *arguments],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._family: dict[int, psutil.Process] = {}

    def wait_for(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SUMMARY_S
        while not holds():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline
            self.look()
            time.sleep(0.1)
        self.look()

    def look(self) -> None:
        """Remember all descendants; once the parent is gone nobody knows them any more."""
        self._family.update({child.pid: child for child in psutil.Process(self.process.pid).children(recursive=True)})

    def end(self) -> tuple[int, str, str]:
        stdout, stderr = self.process.communicate(timeout=SUMMARY_S)
        return self.process.returncode, stdout, stderr

    def alive(self) -> list[psutil.Process]:
        return [p for p in self._family.values() if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]

    def seconds_until_all_are_gone(self) -> float:
        started = time.monotonic()
        while self.alive():
            assert time.monotonic() - started < GONE_S, [process.cmdline() for process in self.alive()]
            time.sleep(0.1)
        return time.monotonic() - started


@pytest.fixture
def running() -> Iterator[Callable[..., Running]]:
    """Starts `factory` processes; whatever is left of them at the end is killed, by pid."""
    started: list[Running] = []

    def start(*arguments: str) -> Running:
        started.append(Running(*arguments))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        for process in one.alive():
            process.kill()
        one.process.wait(10)


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
    status = running("status", str(folder)).end()
    assert status[0] == 0
    assert "not complete" in status[1]
    run.look()
    run.process.kill()
    run.process.wait(10)
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
