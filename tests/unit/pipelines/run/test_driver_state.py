"""State of a driver as the folder tells it, and the wish that it ends."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from factory.errors import BadInput
from factory.storage.access import Access
from factory.storage.opening import open_store
from factory.storage.store import Store
from pipelines.run import driver_state as state_module
from pipelines.run.attempts import SILENT_S, attempt, claim_name
from pipelines.run.driver import asked_to_stop, this_machine
from pipelines.run.driver_state import driver_lines, driver_state, wait_for_the_end
from tools.commands.elsewhere.stop import stopped

JOB = {"address": "http://head:8265", "id": "factory-abc-1"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path)


def claimed(store: Store, **changes: Any) -> None:
    """Write the claim of a driver on another machine, as attempt 1."""
    log = {"host": "far", "machine": "another boot", "pid": 7, "pid_started": "1", "started": "then", **changes}
    store.replace(claim_name(1), json.dumps(log).encode())


def beat(store: Store, count: int, ago: float) -> None:
    said = {"beat": count, "at": time.time() - ago}
    store.replace("logs/attempt_1/heartbeat.json", json.dumps(said).encode())


def kind_of(store: Store) -> str:
    state = driver_state(store, watch_s=0.1)
    assert state is not None
    return state.kind


def meanwhile(monkeypatch: pytest.MonkeyPatch, do: Callable[[], None]) -> None:
    monkeypatch.setattr(state_module.time, "sleep", lambda seconds: do())


def test_a_folder_without_an_attempt_has_no_driver(store: Store) -> None:
    assert driver_state(store) is None


def test_a_driver_on_this_machine_is_looked_up_in_the_process_table(store: Store) -> None:
    with attempt(store, 0, {"job": JOB}, Access()):
        state = driver_state(store)
        assert state is not None
        assert (state.kind, state.job) == ("alive", JOB)
    assert kind_of(store) == "ended"
    claimed(store, machine=this_machine(), pid=1, pid_started="an earlier process")
    assert kind_of(store) == "gone"


def test_a_driver_elsewhere_is_alive_while_its_heartbeat_is_young(store: Store) -> None:
    claimed(store)
    beat(store, 3, ago=4.0)
    assert kind_of(store) == "alive"
    beat(store, 3, ago=SILENT_S + 60)
    assert kind_of(store) == "silent"


@pytest.mark.parametrize("ahead", [-3600.0, 3600.0])
def test_a_driver_whose_machine_has_another_clock_is_alive_where_its_heart_moves(
    store: Store, ahead: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed(store)
    beat(store, 3, ago=ahead)
    meanwhile(monkeypatch, lambda: beat(store, 4, ago=ahead))
    assert kind_of(store) == "alive"


def test_lines_say_how_the_driver_is_and_where_and_in_which_job(store: Store) -> None:
    claimed(store, job=JOB)
    beat(store, 3, ago=SILENT_S + 70)
    state = driver_state(store, watch_s=0.1)
    assert state is not None
    assert driver_lines(state) == [
        "driver         silent for 1:40, by its clock: attempt 1, process 7 on far, since then",
        "job            factory-abc-1 at http://head:8265",
    ]
    claimed(store, ended="later", ended_by="KeyboardInterrupt")
    state = driver_state(store)
    assert state is not None
    assert driver_lines(state)[0].startswith("driver         ended later by KeyboardInterrupt: attempt 1")


def test_only_a_driver_that_may_live_is_asked_to_end(store: Store, tmp_path: Path) -> None:
    said: list[str] = []
    claimed(store, ended="then")
    assert stopped(str(tmp_path), now=False, wait=True, say=said.append)
    assert said[-1] == f"go on          factory resume {tmp_path}"
    assert asked_to_stop(store, 1) == 0
    claimed(store)
    beat(store, 1, ago=1.0)
    for now in (False, True):
        assert stopped(str(tmp_path), now=now, wait=False, say=said.append)
        assert asked_to_stop(store, 1) == 1 + now


def test_folders_without_a_run_to_stop_are_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="has had no driver"):
        stopped(str(tmp_path), now=False, wait=False, say=print)
    claimed(store, merges="there")
    beat(store, 1, ago=1.0)
    with pytest.raises(BadInput, match="by `factory merge`, which Ctrl-C ends"):
        stopped(str(tmp_path), now=False, wait=False, say=print)


def test_the_wait_for_an_end_is_over_with_it_or_with_the_heartbeat_or_with_its_limit(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed(store)
    beat(store, 1, ago=0.0)
    state = driver_state(store)
    assert state is not None
    monkeypatch.setattr(state_module, "LOOK_S", 0.01)
    monkeypatch.setattr(state_module, "SILENT_S", 0.05)
    assert wait_for_the_end(store, state, 60.0).kind == "silent"
    with pytest.raises(BadInput, match=r"has not ended within 0:00\. It still beats"):
        wait_for_the_end(store, state, 0.0)
    claimed(store, ended="now", ended_by="end")
    assert wait_for_the_end(store, state, 60.0).kind == "ended"
