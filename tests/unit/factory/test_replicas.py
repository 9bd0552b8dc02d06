"""Numbers of engines: what a config may say, and how many have to be up at the start."""

from __future__ import annotations

from typing import Any

import pytest

from factory.errors import BadInput
from factory.replicas import Replicas


def test_a_number_is_exactly_that_many_and_two_are_a_range() -> None:
    assert Replicas.of(8, "k") == Replicas(8, 8)
    assert Replicas.of({"min": 1, "max": 64}, "k") == Replicas(1, 64)
    assert Replicas(1, 64).is_range
    assert not Replicas(8, 8).is_range


@pytest.mark.parametrize(
    "value", [0, -1, True, 1.5, "8", None, [1, 2], {"min": 2}, {"min": 3, "max": 2}, {"min": 0, "max": 2}]
)
def test_anything_else_is_refused_with_its_key(value: Any) -> None:
    with pytest.raises(BadInput, match=r"models\.judge\.replicas is .*Expected a number from 1 on"):
        Replicas.of(value, "models.judge.replicas")


def test_a_key_that_a_range_does_not_know_is_refused() -> None:
    with pytest.raises(BadInput):
        Replicas.of({"min": 1, "max": 2, "step": 1}, "k")


@pytest.mark.parametrize(("number", "share", "up"), [(8, 0.5, 4), (1, 0.5, 1), (3, 0.5, 2), (10, 0.7, 7), (8, 1.0, 8)])
def test_a_fixed_number_starts_with_a_share_of_it(number: int, share: float, up: int) -> None:
    assert Replicas(number, number).quorum(share) == up


def test_a_range_starts_with_its_least_number_whatever_the_share() -> None:
    assert Replicas(3, 64).quorum(0.5) == 3


def test_a_number_is_kept_within_the_range() -> None:
    assert [Replicas(2, 5).clamp(number) for number in (0, 3, 9)] == [2, 3, 5]
