"""A job script waits for its nodes as long as it may, and goes on with those that have come."""

from __future__ import annotations

import pytest

from cluster.joined import Head, wait_for_nodes
from factory.errors import BadInput


class Clock:
    """Time that passes by sleeping only."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def waited(counts: list[int], wanted: int, seconds: float) -> tuple[int, float]:
    """Return how many nodes there were in the end and how long that took; the last of `counts` stays."""
    clock = Clock()
    left = iter(counts)
    now = [0]

    def count() -> int:
        now[0] = next(left, now[0])
        return now[0]

    return wait_for_nodes("10.0.0.1:6379", wanted, seconds, count, clock.now, clock.sleep), clock.seconds


def test_all_nodes_are_waited_for() -> None:
    assert waited([0, 0, 1, 3, 4], wanted=4, seconds=60) == (4, 2.0)


def test_late_nodes_are_waited_for_no_longer_than_was_said() -> None:
    assert waited([1, 2], wanted=4, seconds=60) == (2, 60.0)


def test_a_head_that_never_answers_is_said_in_one_sentence() -> None:
    with pytest.raises(BadInput, match=r"no Ray head answers at 10\.0\.0\.1:6379 after 60 s\. Expected one that"):
        waited([0], wanted=1, seconds=60)


def test_a_port_that_nothing_listens_on_has_no_nodes() -> None:
    assert Head("127.0.0.1:1").nodes_alive() == 0
