"""Attempts: one live driver per folder; a dead one is replaced, a suspended one stops when it wakes."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time

import pytest
from support.waiting import HANGS_S, wait_until

from factory.errors import BadInput, FactoryError, StorageFailed
from factory.storage.access import Access
from factory.storage.opening import open_store
from pipelines.run import attempts
from pipelines.run.attempts import attempt, claim_name, heartbeat, last_attempt, last_over
from pipelines.run.driver import ask_to_stop, asked_to_stop, this_machine


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(attempts, "BEAT_S", 0.05)
    monkeypatch.setattr(attempts, "SILENT_S", 0.6)


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path)


def driving(store):
    return attempt(store, last_over(store), {}, Access())


def claimed_elsewhere(store, number=1, **changes):
    """The claim of a driver on another machine."""
    log = {"host": "far", "machine": "another boot", "pid": 1, "pid_started": "1", "started": "then", **changes}
    assert store.create(claim_name(number), json.dumps(log).encode())


def beat(store, number, count):
    store.replace(f"logs/attempt_{number}/heartbeat.json", json.dumps({"beat": count}).encode())


def checked_until_it_raises(mine):
    deadline = time.monotonic() + HANGS_S
    while time.monotonic() < deadline:
        mine.check()
        time.sleep(0.02)


def test_attempts_are_numbered_and_say_how_they_ended(store):
    with driving(store) as mine:
        mine.log.update(units=3)
    with pytest.raises(ZeroDivisionError), driving(store):
        _ = 1 / 0
    logs = [json.loads(store.read(claim_name(number))) for number in (1, 2)]
    assert [(log["ended_by"], log.get("units")) for log in logs] == [("end", 3), ("ZeroDivisionError", None)]


def test_a_folder_with_a_live_driver_is_refused_at_once(store):
    with driving(store), pytest.raises(BadInput, match=r"is being written by process \d+ on .* \(attempt 1"):
        last_over(store)
    assert last_attempt(store)[0] == 1


def test_a_driver_of_this_machine_whose_process_is_gone_is_dead_at_once(store, monkeypatch):
    monkeypatch.setattr(attempts, "SILENT_S", 1000.0)
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    claimed_elsewhere(store, machine=this_machine(), pid=int(ended.stdout))
    with driving(store) as mine:
        assert mine.number == 2


def test_a_process_id_that_was_used_again_is_nobodys_driver(store, monkeypatch):
    monkeypatch.setattr(attempts, "SILENT_S", 1000.0)
    claimed_elsewhere(store, machine=this_machine(), pid=1, pid_started="an earlier process")
    with driving(store) as mine:
        assert mine.number == 2


def test_a_silent_driver_elsewhere_is_watched_then_taken_for_dead(store):
    claimed_elsewhere(store)
    beat(store, 1, 7)
    began, said = time.monotonic(), []
    assert last_over(store, said.append) == 1
    assert time.monotonic() - began >= 0.6
    assert "watching its heartbeat" in said[0]


def test_a_driver_elsewhere_whose_heart_beats_is_alive(store, monkeypatch):
    claimed_elsewhere(store)
    beat(store, 1, 7)
    looks = []

    def meanwhile(seconds):
        looks.append(seconds)
        beat(store, 1, 7 + len(looks))

    monkeypatch.setattr(attempts.time, "sleep", meanwhile)
    with pytest.raises(BadInput, match="on far"):
        last_over(store)


def test_a_driver_that_was_taken_over_stops_and_leaves_the_other_alone(store):
    with driving(store) as mine:
        claimed_elsewhere(store, number=2)
        with pytest.raises(FactoryError, match="another driver has taken over"):
            checked_until_it_raises(mine)
    assert "ended" not in json.loads(store.read(claim_name(1)))
    assert last_attempt(store)[0] == 2


def test_of_two_drivers_that_come_at_once_one_is_refused(store):
    second = driving(store)
    with driving(store), pytest.raises(BadInput, match="has just begun attempt 1"):
        second.__enter__()


def test_an_attempt_of_an_older_version_has_no_heartbeat_and_is_over(store):
    store.create(claim_name(4), b'{"host": "h", "pid": 1}')
    with driving(store) as mine:
        assert mine.number == 5


def test_a_heart_to_whom_nobody_listens_beats_on(store, monkeypatch):
    told = []

    def deaf(line):
        told.append(line)
        raise BrokenPipeError

    with attempt(store, last_over(store), {}, Access(), deaf) as mine:
        working = mine._heart_store.replace

        def refused(*arguments):
            monkeypatch.setattr(mine._heart_store, "replace", working)
            raise StorageFailed("down")

        monkeypatch.setattr(mine._heart_store, "replace", refused)
        wait_until(lambda: len(told) >= 2)
        mine.check()
    assert "waits for its storage" in told[0]
    assert "answers again" in told[1]


def test_a_heart_that_has_stopped_ends_the_run(store, monkeypatch):
    with attempt(store, last_over(store), {}, Access()) as mine:
        monkeypatch.setattr(mine, "_heart", threading.Thread())
        with pytest.raises(RuntimeError, match="heartbeat thread has died"):
            mine.check()
        monkeypatch.undo()


def test_a_wish_for_an_end_in_the_folder_reaches_the_driver_once_and_no_later_one(store):
    asked = []
    with attempt(store, last_over(store), {}, Access(), on_stop=asked.append):
        ask_to_stop(store, 1, now=False)
        wait_until(lambda: asked == [False])
        ask_to_stop(store, 1, now=True)
        wait_until(lambda: asked == [False, True])
    later = []
    with attempt(store, last_over(store), {}, Access(), on_stop=later.append) as mine:
        wait_until(lambda: heartbeat(store, mine.number).get("beat", 0) > 3)
    assert (asked, later) == ([False, True], [])


def test_whatever_somebody_puts_there_by_hand_asks_for_an_end(store):
    store.replace("logs/attempt_7/stop.json", b"please")
    assert (asked_to_stop(store, 7), asked_to_stop(store, 8)) == (1, 0)
