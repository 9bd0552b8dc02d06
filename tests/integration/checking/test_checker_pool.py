"""The pool against checkers that hang, crash and devour memory: real subprocesses, real kills."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from actors.checking import zygote_client
from actors.checking.pool import CheckerPool
from factory.errors import BadInput, CheckerFailed
from factory.types import Outcome, Part, Question

TESTS = Path(__file__).parents[2]
KIND = "tests.support.plugins.checkers"  # `tests` is a namespace package


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TESTS.parent))


@pytest.fixture
def pool() -> Iterator[CheckerPool]:
    made = CheckerPool(KIND, {}, workers=2, timeout_s=10)
    yield made
    made.close()


@pytest.fixture
def hasty() -> Iterator[CheckerPool]:
    made = CheckerPool(KIND, {}, workers=2, timeout_s=0.5)
    yield made
    made.close()


def item(gold: str, text: str = "x") -> tuple[Question, str]:
    return Question(text="", gold=gold), text


def outcomes(pool: CheckerPool, *golds: str) -> list[str]:
    return outcomes_of(pool, *map(item, golds))


def outcomes_of(pool: CheckerPool, *items: tuple[Question, str]) -> list[str]:
    return [str(verdict.outcome) for verdict in pool.check(items)]


def processes() -> list[psutil.Process]:
    def is_ours(process: psutil.Process) -> bool:
        try:
            return "actors.checking.zygote" in process.cmdline()
        except psutil.Error:  # it ended while we looked
            return False

    return [process for process in psutil.Process().children(recursive=True) if is_ours(process)]


def own_zygote() -> psutil.Process:
    """The zygote that this process started; Ray's servers are its children, too."""
    return next(process for process in processes() if process.ppid() == os.getpid())


def wait_until(condition: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_what_settles_fast_starts_no_process(pool: CheckerPool) -> None:
    assert outcomes(pool, "fast", "fast") == ["correct", "correct"]
    assert processes() == []
    assert pool.stats["settled_fast"] == 2


def test_verdicts_keep_the_order_of_the_batch(pool: CheckerPool) -> None:
    golds = ["slow", "fast", "ok", "slow", "fast", "ok"]
    verdicts = pool.check([item(gold, str(i)) for i, gold in enumerate(golds)])
    assert [verdict.answer for verdict in verdicts] == list("012345")


def test_config_reaches_the_worker() -> None:
    pool = CheckerPool(KIND, {"greeting": "moin"})
    assert pool.check([item("ok")])[0].reason == "moin"
    pool.close()


def test_a_nested_config_reaches_the_worker_as_what_it_is() -> None:
    pool = CheckerPool(KIND, {"nested": {"name": "somebody"}})
    assert pool.check([item("nested")])[0].answer == "somebody"
    pool.close()


def test_partial_verdicts_come_back_whole(pool: CheckerPool) -> None:
    assert pool.check([item("parts")])[0].parts == (Part(outcome=Outcome.ERROR, end=3, note="n"),)


@pytest.mark.parametrize("misdeed", ["connect", "execute", "write", "remove"])
def test_a_confined_worker_reaches_no_network_program_or_file(misdeed: str, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("alive")
    pool = CheckerPool(KIND, {}, workers=1)
    [verdict] = pool.check([item(misdeed, str(canary))])
    assert "PermissionError" in verdict.reason
    assert canary.read_text() == "alive"
    pool.close()


def test_a_checker_that_has_to_may_start_programs() -> None:
    pool = CheckerPool(KIND, {"confined": False}, workers=1)
    assert outcomes(pool, "execute") == ["correct"]
    pool.close()


def test_what_a_killed_worker_had_started_ends_with_it_and_is_buried(tmp_path: Path) -> None:
    pool = CheckerPool(KIND, {"confined": False}, workers=1, timeout_s=1)
    assert outcomes_of(pool, item("start and hang", str(tmp_path / "pid"))) == ["timeout"]
    started = int((tmp_path / "pid").read_text())
    assert wait_until(lambda: not psutil.pid_exists(started))
    pool.close()


def test_a_checker_sets_its_own_time_limit() -> None:
    pool = CheckerPool(KIND, {"timeout_s": 0.3}, workers=1)
    assert pool.check([item("hang")])[0].reason == "no verdict within 0.3 s"
    pool.close()


def test_what_a_machine_lacks_for_a_checker_is_said_before_anything_starts() -> None:
    with pytest.raises(BadInput, match="bubblewrap is missing"):
        CheckerPool(KIND, {"lacks": "bubblewrap"})


def test_a_checker_that_asks_a_model_has_no_pool() -> None:
    with pytest.raises(BadInput, match="asks a model"):
        CheckerPool("llm_judge", {})


def test_what_was_done_is_observed_by_stage() -> None:
    seen = []
    pool = CheckerPool(KIND, {}, workers=1, observe=lambda *observed: seen.append(observed))
    outcomes(pool, "fast", "ok")
    assert [(stage, dict(counts), len(seconds), deaths) for stage, counts, seconds, deaths in seen] == [
        ("fast", {"correct": 1}, 1, 0),
        ("slow", {"correct": 1}, 1, 0),
    ]
    pool.close()


@pytest.mark.parametrize("hang", ["hang", "hang in C"])
def test_a_hang_is_killed_and_its_neighbours_get_their_verdicts(hasty: CheckerPool, hang: str) -> None:
    assert outcomes(hasty, "ok", hang, "ok", "ok") == ["correct", "timeout", "correct", "correct"]
    assert hasty.stats["timeout"] == 1


@pytest.mark.parametrize("gold", ["memory bomb", "die", "raise", "exit", "raise in settle"])
def test_a_checker_that_breaks_is_an_error_for_that_item_alone(pool: CheckerPool, gold: str) -> None:
    verdicts = pool.check([item("ok"), item(gold), item("ok")])
    assert [v.outcome for v in verdicts] == [Outcome.CORRECT, Outcome.ERROR, Outcome.CORRECT]
    assert verdicts[1].reason


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
    own_zygote().kill()
    time.sleep(0.2)
    assert outcomes(pool, "ok") == ["correct"]
    pool.close()


def test_what_is_cancelled_before_its_turn_costs_nothing() -> None:
    pool = CheckerPool(KIND, {}, workers=1)
    first, *others = pool.submit([item("slow")] * 20)
    assert sum(future.cancel() for future in others) >= 18
    assert first.result().outcome is Outcome.CORRECT
    assert pool.stats["settled_slow"] <= 2
    pool.close()


def test_workers_see_nothing_of_our_environment(pool: CheckerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert "AWS" not in pool.check([item("pid")])[0].reason


def test_it_works_off_the_main_thread_and_from_many(pool: CheckerPool) -> None:
    found: dict[int, list[str | None]] = {}

    def check(thread: int) -> None:
        batch = [item("ok", f"{thread}/{i}") for i in range(20)]
        found[thread] = [verdict.answer for verdict in pool.check(batch)]

    threads = [threading.Thread(target=check, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: [f"{n}/{i}" for i in range(20)] for n in range(4)}


def test_close_leaves_no_process_and_can_be_repeated(pool: CheckerPool) -> None:
    outcomes(pool, "slow", "slow", "slow")
    started = processes()
    assert len(started) == 3  # the zygote and two workers
    pool.close()
    pool.close()
    assert wait_until(lambda: not any(p.is_running() for p in started))
    with pytest.raises(CheckerFailed, match="closed"):
        pool.check([item("ok")])


def test_close_during_a_check_ends_it() -> None:
    pool = CheckerPool(KIND, {}, workers=1, timeout_s=60)
    pool.check([item("ok")])
    threading.Timer(0.3, pool.close).start()
    started = time.monotonic()
    with pytest.raises(CheckerFailed):
        pool.check([item("hang"), item("hang")])  # one runs, one waits
    assert time.monotonic() - started < 20


def test_an_owner_killed_by_sigkill_leaves_no_process() -> None:
    program = (
        "from tests.integration.checking.test_checker_pool import *\n"
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
    assert wait_until(lambda: not worker.is_running() and not zygote.is_running())


def test_the_real_checker_settles_the_rest_by_math_verify() -> None:
    pool = CheckerPool("math_answer", {}, timeout_s=30)
    question = Question(text="", gold=r"\sqrt{8}")
    verdicts = pool.check([(question, r"\boxed{2\sqrt{2}}"), (question, r"\boxed{2\sqrt{3}}")])
    assert [v.outcome for v in verdicts] == [Outcome.CORRECT, Outcome.INCORRECT]
    assert pool.stats["settled_slow"] == 2
    pool.close()


@pytest.mark.parametrize(("kind", "config"), [("no_such_checker", {}), (KIND, {"gretting": "x"})])
def test_a_wrong_kind_or_config_is_bad_input(kind: str, config: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        CheckerPool(kind, config)


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
