"""Slots of the simulated engine: a schedule on a clock that the test sets."""

from __future__ import annotations

from random import Random

import pytest

from actors.engine_runtime.slots import Slots


def test_what_finds_a_free_slot_starts_at_once_and_what_does_not_takes_the_next() -> None:
    slots = Slots(2)
    assert [slots.take(0.0, seconds) for seconds in (5.0, 2.0, 1.0, 4.0)] == [5.0, 2.0, 3.0, 7.0]
    assert slots.take(6.0, 1.0) == 7.0


def test_any_number_runs_where_there_is_no_limit() -> None:
    slots = Slots(0)
    assert {slots.take(1.0, 2.0) for _ in range(1000)} == {3.0}
    assert slots.stats(1.0)["most_running"] == 1000


def test_busy_seconds_count_up_to_now_only() -> None:
    slots = Slots(2)
    for seconds in (5.0, 2.0, 1.0, 4.0):
        slots.take(0.0, seconds)
    seen = [slots.stats(now) for now in (0.0, 1.0, 2.5, 4.0, 6.0, 7.0, 9.0)]
    assert [stats["slot_seconds"] for stats in seen] == [0.0, 2.0, 5.0, 8.0, 11.0, 12.0, 12.0]
    assert [stats["running"] for stats in seen] == [2, 2, 2, 2, 1, 0, 0]
    assert [stats["waiting"] for stats in seen] == [2, 2, 1, 0, 0, 0, 0]


def test_the_most_that_ran_at_once_stays_known() -> None:
    slots = Slots(8)
    for now, samples in ((0.0, 3), (10.0, 5), (20.0, 1)):
        for _ in range(samples):
            slots.take(now, 1.0)
    assert slots.stats(30.0)["most_running"] == 5


@pytest.mark.parametrize("limit", [1, 3, 16])
def test_no_moment_has_more_than_the_limit_and_none_idles_while_something_waits(limit: int) -> None:
    rng, slots, now = Random(limit), Slots(limit), 0.0
    ends = []
    for _ in range(500):
        now += rng.random() * 0.2
        ends.append(slots.take(now, rng.random() * limit))
        stats = slots.stats(now)
        assert stats["running"] <= limit
        assert stats["running"] == limit or not stats["waiting"]
    assert slots.stats(max(ends))["running"] == 0
