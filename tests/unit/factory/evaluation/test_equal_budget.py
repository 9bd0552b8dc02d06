"""Amounts are tried until one spends the wanted tokens, and no longer than that helps."""

from __future__ import annotations

from collections.abc import Callable
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.evaluation.equal_budget import TRIES, nearest_amount, next_amount


def searched(
    spends: Callable[[int], float], target: float, start: int = 8, allowed: Callable[[int], bool] = lambda n: True
) -> dict[int, float]:
    """Return what was tried, by amount, until nothing more is."""
    spent = {start: spends(start)}
    while (amount := next_amount(spent, target, allowed)) is not None:
        assert amount not in spent
        assert allowed(amount)
        spent[amount] = spends(amount)
    return spent


def test_a_method_in_proportion_to_its_amount_takes_two_tries() -> None:
    spent = searched(lambda n: 50.0 * n, target=1000)
    assert spent == {8: 400.0, 20: 1000.0}


def test_what_is_spent_beside_the_amount_is_learnt_from_two_tries() -> None:
    spent = searched(lambda n: 300 + 50.0 * n, target=1000, start=2)
    assert nearest_amount(spent, 1000) == 14
    assert len(spent) <= 4


def test_between_two_neighbours_the_nearer_one_is_taken() -> None:
    spent = searched(lambda n: 300.0 * n, target=1000, start=1)
    assert set(spent) == {1, 3, 4} or set(spent) == {1, 3}
    assert nearest_amount(spent, 1000) == 3


def test_a_method_that_spends_too_much_at_its_least_stays_there() -> None:
    spent = searched(lambda n: 5000.0 * n, target=1000, start=4)
    assert nearest_amount(spent, 1000) == 1


def test_a_method_that_stops_by_itself_is_not_asked_for_ever_more() -> None:
    # Its critic is content after three rounds, however many it may take.
    spent = searched(lambda n: 100.0 * min(n, 3), target=1000, start=2)
    assert max(spent) <= 128
    assert len(spent) <= 4


def test_amounts_that_the_method_refuses_are_passed_over() -> None:
    spent = searched(lambda n: 50.0 * n, target=1000, start=8, allowed=lambda n: n % 8 == 0)
    assert nearest_amount(spent, 1000) in (16, 24)


def test_one_that_is_near_enough_is_not_improved() -> None:
    assert next_amount({8: 1020.0}, 1000) is None


def test_an_estimate_from_nothing_does_not_leap() -> None:
    assert next_amount({8: 1.0}, 1000) == 32
    assert next_amount({8: 0.0}, 1000) == 32


@given(st.floats(0.1, 500), st.floats(0, 2000), st.floats(0.3, 2), st.integers(1, 64), st.floats(1, 50_000))
def test_it_ends_and_no_neighbour_of_a_bracketed_choice_is_nearer(
    each: float, beside: float, power: float, start: int, target: float
) -> None:
    def spends(amount: int) -> float:
        return beside + each * amount**power

    spent = searched(spends, target, start)
    chosen = nearest_amount(spent, target)
    assert len(spent) <= TRIES
    if len(spent) < TRIES and min(spent.values()) < target <= max(spent.values()):
        best = min((chosen - 1, chosen, chosen + 1), key=lambda n: abs(log(spends(max(1, n)) / target)))
        assert spends(chosen) == pytest.approx(spends(max(1, best))) or abs(spends(chosen) / target - 1) < 0.6
