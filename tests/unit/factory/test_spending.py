"""Costs of a run: those that it may have, those that it has had, and those of an accepted solution."""

from __future__ import annotations

import pytest

from factory.records.tally import Tally
from factory.spending import Spending, Spent, accepted, over_budget, spending_line, spending_of


def test_accepted_are_right_solutions_and_wrong_ones_with_their_first_error() -> None:
    assert accepted(Tally(solutions=10, correct=4, incorrect=5, first_errors=3)) == 7


def test_gpu_time_costs_its_price_beside_what_servers_ask_for() -> None:
    spending = spending_of({"policy": 2.0, "prm": 0.5}, Tally(money=1.25), gpu_hour_price=4.0)
    assert spending.money == 11.25


@pytest.mark.parametrize(
    ("spending", "solutions", "line"),
    [
        (Spending(), 100, None),
        (Spending(gpu_hours={"policy": 1.0}), 0, "1.00 GPU-hours (policy 1.00); no accepted solution yet"),
        (
            Spending(gpu_hours={"policy": 1.0}),
            900,
            "1.00 GPU-hours (policy 1.00); 4.00 GPU-seconds per accepted solution",
        ),
        (Spending(money=9.0), 900, "9.00 in money; 0.0100 in money per accepted solution"),
        (
            Spending(gpu_hours={"policy": 3.0, "prm": 0.25}, money=13.0),
            2600,
            "3.25 GPU-hours (policy 3.00, prm 0.25), 13.00 in money; "
            "4.50 GPU-seconds, 0.0050 in money per accepted solution",
        ),
    ],
)
def test_the_line_says_it_in_all_and_for_each(spending: Spending, solutions: int, line: str | None) -> None:
    assert spending_line(spending, solutions) == line


@pytest.mark.parametrize(
    ("spent", "budget", "sentence"),
    [
        (Spent(), Spent(), None),
        (Spent(policy_calls=10**9, gpu_hours=1e9, hours=1e9), Spent(), None),
        (Spent(policy_calls=99), Spent(policy_calls=100), None),
        (Spent(policy_calls=100), Spent(policy_calls=100), "100 policy calls are used, stop.policy_calls is 100"),
        (
            Spent(policy_calls=1_234_567),
            Spent(policy_calls=1_000_001),
            "1,234,567 policy calls are used, stop.policy_calls is 1,000,001",
        ),
        (Spent(gpu_hours=1 / 3), Spent(gpu_hours=0.25), "0.3333 gpu hours are used, stop.gpu_hours is 0.25"),
        (Spent(hours=2.5, policy_calls=9), Spent(hours=2.5, gpu_hours=1), "2.5 hours are used, stop.hours is 2.5"),
        (Spent(money=20.5), Spent(money=20), "20.5 money is used, stop.money is 20"),
    ],
)
def test_a_budget_that_is_used_up_is_said_in_a_sentence(spent: Spent, budget: Spent, sentence: str | None) -> None:
    assert over_budget(spent, budget) == sentence
