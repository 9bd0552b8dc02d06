"""Roles of processes, decided by title and parent, and only ever among our own descendants."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from tools.chaos.processes import RunProcess, family, playing, raylets, whole
from tools.chaos.schedule import CHECKER, CHECKER_PROCESS, GENERATOR, WORKER, WRITER

NODE = RunProcess(pid=10, start="1", parent=1, title="/lib/ray/core/src/ray/raylet/raylet --node_ip_address=127.0.0.1")
ZYGOTE = "/usr/bin/python -m actors.checking.zygote 5 31 regex {}"


def process(pid: int, title: str, parent: int = 10) -> RunProcess:
    return RunProcess(pid=pid, start="2", parent=parent, title=title)


FLEET = [
    NODE,
    process(20, "ray::RolloutWorker.run"),
    process(21, "ray::RolloutWorker"),
    process(30, "ray::Generator.generate"),
    process(31, "ray::AnswerChecker"),
    process(32, ZYGOTE, parent=31),
    process(33, ZYGOTE, parent=32),
    process(40, "ray::ShardWriter.commit"),
    process(50, "ray::IDLE"),
    process(60, "python -m tools.cli run ray::ShardWriter", parent=1),
]
WANTED = {WORKER: 2, GENERATOR: 1, CHECKER: 1, WRITER: 1}


def test_titles_tell_the_roles() -> None:
    found = {role: [one.pid for one in playing(role, FLEET)] for role in (*WANTED, CHECKER_PROCESS)}
    assert found == {WORKER: [20, 21], GENERATOR: [30], CHECKER: [31], WRITER: [40], CHECKER_PROCESS: [32, 33]}
    assert raylets(FLEET) == {10}


def test_a_fleet_is_whole_when_every_role_is_played_by_enough() -> None:
    assert whole(FLEET, WANTED, ())
    assert not whole(FLEET, WANTED | {WRITER: 2}, ())
    assert not whole([one for one in FLEET if one.pid != 30], WANTED, ())


def test_a_victim_is_not_its_own_successor() -> None:
    assert not whole(FLEET, WANTED, {"20:2"})
    assert whole([*FLEET, process(70, "ray::RolloutWorker")], WANTED, {"20:2"})


def test_actors_whose_node_is_dead_do_not_count() -> None:
    assert not whole(FLEET[1:], WANTED, ())


def test_a_family_holds_our_children_until_they_die() -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    try:
        [found] = [one for one in family() if one.pid == child.pid]
        assert found.parent == os.getpid()
        assert "time.sleep(3600)" in found.title
    finally:
        child.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and not buried
    assert child.pid not in [one.pid for one in family()]
    child.wait()
