"""Workers, zygotes and owners of a checker pool that die, and what is left of them: nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from support.checking.checker_pools import KIND, item, outcomes, outcomes_of, own_zygote, processes
from support.waiting import wait_until

from actors.checking import zygote_client
from actors.checking.pool import CheckerPool
from factory.errors import CheckerFailed
from factory.types import Outcome

TESTS = Path(__file__).parents[2]


def test_what_a_killed_worker_had_started_ends_with_it_and_is_buried(tmp_path: Path) -> None:
    pool = CheckerPool(KIND, {"confined": False}, workers=1, timeout_s=3)
    assert outcomes_of(pool, item("start and hang", str(tmp_path / "pid"))) == ["timeout"]
    started = int((tmp_path / "pid").read_text())
    wait_until(lambda: not psutil.pid_exists(started))
    pool.close()


def test_a_worker_killed_between_items_is_replaced(pool: CheckerPool) -> None:
    first = pool.check([item("pid")])[0].answer
    os.kill(int(first or 0), signal.SIGKILL)
    second = pool.check([item("pid")])[0]
    assert second.outcome is Outcome.CORRECT
    assert second.answer != first
    assert pool.stats["worker_deaths"] == 1


def test_a_killed_zygote_is_replaced(pool: CheckerPool) -> None:
    pool.check([item("ok")])
    own_zygote().kill()
    assert outcomes(pool, "ok", "ok", "ok") == ["correct"] * 3


def test_no_item_suffers_from_a_zygote_that_died_with_many_idle_workers() -> None:
    pool = CheckerPool(KIND, {}, workers=6)
    outcomes(pool, *["slow"] * 6)
    zygote = own_zygote()
    zygote.kill()
    wait_until(lambda: zygote.status() == psutil.STATUS_ZOMBIE or not zygote.is_running())
    assert outcomes(pool, "ok") == ["correct"]
    pool.close()


def test_close_leaves_no_process_and_can_be_repeated(pool: CheckerPool) -> None:
    outcomes(pool, "slow", "slow", "slow")
    started = processes()
    assert len(started) == 3  # the zygote and two workers
    pool.close()
    pool.close()
    wait_until(lambda: not any(p.is_running() for p in started))
    with pytest.raises(CheckerFailed, match="closed"):
        pool.check([item("ok")])


def test_close_during_a_check_ends_it(tmp_path: Path) -> None:
    pool = CheckerPool(KIND, {"confined": False}, workers=1, timeout_s=600)
    pool.check([item("ok")])
    hangs = tmp_path / "pid"

    def close_when_it_hangs() -> None:
        wait_until(lambda: hangs.is_file() and hangs.read_text())
        pool.close()

    closing = threading.Thread(target=close_when_it_hangs)
    closing.start()
    with pytest.raises(CheckerFailed):
        pool.check([item("start and hang", str(hangs)), item("hang")])  # one runs, one waits
    closing.join()


def test_an_owner_killed_by_sigkill_leaves_no_process() -> None:
    program = (
        "from tests.support.checking.checker_pools import *\n"
        "pool = CheckerPool(KIND, {}, timeout_s=600)\n"
        "print(pool.check([item('pid')])[0].answer, flush=True)\n"
        "pool.check([item('hang')])\n"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=TESTS.parent,
        env=os.environ | {"PYTHONPATH": str(TESTS.parent)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None
    worker = psutil.Process(int(owner.stdout.readline()))
    zygote = worker.parent()
    assert zygote is not None
    owner.kill()
    owner.wait()
    owner.stdout.close()
    wait_until(lambda: not worker.is_running() and not zygote.is_running())


def test_a_zygote_that_cannot_start_is_checker_failed(pool: CheckerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(CheckerFailed, match="could not be started"):
        pool.check([item("ok")])


@pytest.mark.parametrize(("kills", "outcome"), [(2, Outcome.CORRECT), (3, None)])
def test_a_zygote_that_is_killed_while_it_starts_is_started_again(
    pool: CheckerPool, monkeypatch: pytest.MonkeyPatch, kills: int, outcome: Outcome | None
) -> None:
    whole, left = subprocess.Popen, [*range(kills)]

    def killed_at_once(*arguments: object, **keywords: object) -> subprocess.Popen[bytes]:
        process = whole(*arguments, **keywords)
        if left:
            left.pop()
            process.kill()
        return process

    monkeypatch.setattr(zygote_client.subprocess, "Popen", killed_at_once)
    if outcome is None:
        with pytest.raises(CheckerFailed, match="exit status -9"):
            pool.check([item("ok")])
    else:
        assert [verdict.outcome for verdict in pool.check([item("ok")])] == [outcome]
