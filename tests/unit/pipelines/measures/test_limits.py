"""Budgets of a run: what counts, when they are looked at, and the sentence when one is used up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from factory.records.tally import Tally
from factory.spending import Spent
from factory.storage.opening import open_store
from factory.types import POLICY
from pipelines.driving.drive import Progress
from pipelines.driving.engine_figures import EngineFigures
from pipelines.driving.engine_log import EngineLog
from pipelines.measures.budget import BUDGET_EVERY_S, BudgetWatch, OverBudget
from pipelines.measures.limits import RunLimits
from pipelines.run.attempts import BEAT_S
from pipelines.run.sections import Limits

HOUR = round(3600 / BEAT_S)


def limits(folder: Path, before: int = 0, price: float = 0.0, **budget: float) -> RunLimits:
    """Return the limits of a run whose earlier attempt took two hours on four GPUs."""
    attempt = folder / "logs/attempt_1"
    attempt.mkdir(parents=True)
    (attempt / "attempt.json").write_text("{}")
    (attempt / "heartbeat.json").write_text(json.dumps({"beat": 2 * HOUR}))
    store = open_store(folder)
    EngineLog(store, 1, {POLICY: {}}, {POLICY: 4.0}).write([EngineFigures(seconds=7200.0)])
    return RunLimits(Limits(**budget), store, Tally(policy_calls=before, money=1.0), price)  # type: ignore[arg-type]


def test_all_attempts_count(tmp_path: Path) -> None:
    ours = limits(tmp_path, before=100, price=2.0)
    ours.hear(Progress(done=Tally(policy_calls=20), underway=Tally(policy_calls=3, money=0.5)))
    assert ours.spent() == Spent(policy_calls=123, gpu_hours=8, hours=2, money=17.5)


@pytest.mark.parametrize(
    ("budget", "sentence"),
    [
        ({}, ""),
        ({"hours": 3}, ""),
        ({"hours": 2}, "2.0 hours are used, stop.hours is 2"),
        ({"gpu_hours": 7.5}, "8.0 gpu hours are used, stop.gpu_hours is 7.5"),
        ({"policy_calls": 100}, "100 policy calls are used, stop.policy_calls is 100"),
        ({"money": 1}, "1.0 money is used, stop.money is 1"),
    ],
)
def test_a_budget_that_is_used_up_is_said_before_anything_begins(
    tmp_path: Path, budget: dict[str, float], sentence: str
) -> None:
    assert limits(tmp_path, before=100, **budget).used_up() == sentence


def test_completions_are_looked_at_as_soon_as_they_are_heard_of(tmp_path: Path) -> None:
    ours = limits(tmp_path, before=100, policy_calls=110)
    ours.check()
    ours.hear(Progress(underway=Tally(policy_calls=10)))
    with pytest.raises(OverBudget, match=r"110 policy calls are used, stop\.policy_calls is 110"):
        ours.check()


def test_hours_are_added_up_every_half_minute_only() -> None:
    now, asked = [0.0], []

    def spent() -> Spent:
        asked.append(now[0])
        return Spent(hours=now[0])

    watch = BudgetWatch(Spent(hours=BUDGET_EVERY_S * 2), spent, lambda: now[0])
    for now[0] in (1.0, BUDGET_EVERY_S - 1, BUDGET_EVERY_S, BUDGET_EVERY_S + 1):
        watch()
    assert asked == [BUDGET_EVERY_S]
    now[0] = 2 * BUDGET_EVERY_S
    with pytest.raises(OverBudget):
        watch()


def test_without_a_budget_nothing_is_added_up() -> None:
    watch = BudgetWatch(Spent(), lambda: pytest.fail("asked"), iter((0.0, 1e9, 2e9)).__next__)
    watch()
