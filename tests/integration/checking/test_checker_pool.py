"""Checker pool against checkers that hang, crash and devour memory: real processes, real kills."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from support.checking.checker_pools import KIND, item, outcomes, processes

from actors.checking.pool import CheckerPool
from factory.errors import BadInput
from factory.types import Outcome, PartVerdict, Question


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
    assert pool.check([item("parts")])[0].parts == (PartVerdict(outcome=Outcome.ERROR, end=3, note="n"),)


def test_a_verdict_that_holds_for_an_output_that_was_cut_off_says_so_from_a_worker_too() -> None:
    pool = CheckerPool("math_answer", {"policy": {"cut_off_box": "accept"}}, workers=1)
    question = Question(text="", gold=r"\ln(x) + \ln(y)")
    texts = (r"It is \boxed{\ln(y) + \ln(x)}. I che", r"It is \boxed{\ln(y) + \ln(x)}. No, \boxed{\ln(y) + \ln(")
    verdicts = pool.check([(question, text) for text in texts])
    assert [(verdict.outcome, verdict.stands) for verdict in verdicts] == [("correct", True), ("unparsable", False)]
    assert pool.stats["settled_fast"] == 1
    pool.close()


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
