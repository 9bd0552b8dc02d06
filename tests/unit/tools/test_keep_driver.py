"""Keeper of a driver: which ends are followed by another start, and what signals do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools import keep_driver
from tools.keep_driver import Keeper, begins_again, kept, pause_s, what_lacks


@pytest.mark.parametrize("status", [0, 1, 2, 130])
def test_an_end_of_its_own_is_no_death(status: int) -> None:
    assert not begins_again(status, 5, stopping=False)


@pytest.mark.parametrize("status", [-9, -15, -11, 137, 3])
def test_a_driver_that_died_begins_again_while_it_may_and_nobody_wants_an_end(status: int) -> None:
    assert begins_again(status, 1, stopping=False)
    assert not begins_again(status, 0, stopping=False)
    assert not begins_again(status, 1, stopping=True)


def test_pauses_double_up_to_five_minutes() -> None:
    assert [pause_s(restart) for restart in (1, 2, 3, 20)] == [5.0, 10.0, 20.0, 300.0]


class Drivers(Keeper):
    """Keeper whose drivers end with these statuses, one after the other."""

    statuses: list[int]
    waited: list[float]

    def run(self, words: list[str]) -> int:
        return self.statuses.pop(0)

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)


@pytest.fixture
def drivers(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(keep_driver, "Keeper", Drivers)
    monkeypatch.setattr(keep_driver.signal, "signal", lambda number, handler: None)
    Drivers.waited = []
    return Drivers


@pytest.mark.parametrize(
    ("statuses", "restarts", "last", "pauses"),
    [
        ([-9, -9, 0], 2, 0, [5.0, 10.0]),
        ([-9, -9, -9], 2, 137, [5.0, 10.0]),
        ([-9, 2], 2, 2, [5.0]),
        ([-9], 0, 137, []),
        ([130], 2, 130, []),
    ],
)
def test_a_driver_is_kept_until_it_ends_by_itself_or_its_restarts_are_used_up(
    drivers: Any, statuses: list[int], restarts: int, last: int, pauses: list[float]
) -> None:
    drivers.statuses = list(statuses)
    assert kept(["run"], restarts) == last
    assert drivers.waited == pauses
    assert drivers.statuses == []


CHILD = "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(130)); print(flush=True); time.sleep(600)"


@pytest.mark.parametrize("in_a_ray_job", [False, True])
def test_a_signal_is_passed_on_where_ray_does_not_send_it_to_the_driver_itself(
    in_a_ray_job: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if in_a_ray_job:
        monkeypatch.setenv(keep_driver.RAY_JOB, "{}")
    else:
        monkeypatch.delenv(keep_driver.RAY_JOB, raising=False)
    keeper = Keeper()
    with subprocess.Popen([sys.executable, "-c", CHILD], stdout=subprocess.PIPE) as driver:
        assert driver.stdout is not None
        driver.stdout.readline()
        keeper._driver = driver
        keeper(signal.SIGTERM, None)
        assert keeper.stopping
        if in_a_ray_job:
            assert driver.poll() is None
            driver.kill()
        else:
            assert driver.wait() == 130


def test_what_a_python_lacks_is_said_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    assert what_lacks(sys.version_info[:2]) is None
    assert "Expected 3.11 or newer; name another with --python" in (what_lacks((3, 9)) or "")
    monkeypatch.setattr(keep_driver, "find_spec", lambda name: None if name == "ray" else object())
    assert "lacks ray. Expected what selfplay-factory depends on" in (what_lacks((3, 11)) or "")


def test_it_needs_the_standard_library_alone() -> None:
    words = [sys.executable, "-I", "-S", str(Path(keep_driver.__file__)), "--help"]
    assert subprocess.run(words, capture_output=True, env=os.environ | {"PYTHONPATH": ""}, check=False).returncode == 0
