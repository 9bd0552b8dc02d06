"""Occupancy of an engine, as its actor counts it."""

from __future__ import annotations

import pytest

from actors.engine_calls.occupancy import Occupancy


def test_slots_are_busy_as_far_as_there_are_samples():
    occupancy = Occupancy(slots=4)
    occupancy.enter(10.0, 6)
    assert (occupancy.running, occupancy.held) == (4, 6)
    occupancy.leave(12.0, 3)
    stats = occupancy.stats(13.0, 5, {})
    assert (stats["slots"], stats["running"], stats["waiting"]) == (4, 3, 5)
    assert (stats["slot_seconds"], stats["busy_seconds"]) == (11.0, 3.0)


@pytest.mark.parametrize(("told", "free"), [(None, 4), (3, 3), (8, 4)])
def test_slots_are_free_up_to_where_a_further_sample_slows_the_others(told: int | None, free: int):
    assert Occupancy(4, lambda: told).free == free


def test_an_engine_without_a_number_of_slots_runs_all_it_holds():
    occupancy = Occupancy()
    occupancy.enter(1.0, 10_000)
    stats = occupancy.stats(1.0, 0, {})
    assert (stats["slots"], stats["running"], stats["waiting"]) == (0, 10_000, 0)


def test_an_engine_that_knows_better_is_believed_and_the_actors_queue_counts_as_waiting():
    occupancy = Occupancy(slots=4)
    occupancy.enter(1.0, 4)
    engine = {"slots": 8, "running": 2, "waiting": 2, "slot_seconds": 7.5, "steps": 3}
    stats = occupancy.stats(2.0, 10, engine)
    assert [stats[key] for key in ("slots", "running", "waiting", "slot_seconds", "steps")] == [8, 2, 12, 7.5, 3]


def test_the_pace_follows_what_was_answered_of_late():
    occupancy = Occupancy(slots=4)
    occupancy.answered(9.0, 2, 20)
    assert occupancy.pace == 0  # one answer is none
    for _ in range(1000):
        occupancy.answered(1.0, 2, 20)
    assert occupancy.pace == pytest.approx(0.1, rel=0.01)
    for _ in range(500):
        occupancy.answered(5.0, 2, 20)
    assert occupancy.pace == pytest.approx(0.5, rel=0.02)


def test_the_cache_hit_rate_is_that_of_tokens():
    occupancy = Occupancy()
    assert occupancy.hit_rate is None
    assert "cache_hit_rate" not in occupancy.stats(1.0, 0, {})
    occupancy.read(100, 0)
    occupancy.read(100, 80)
    assert occupancy.hit_rate == occupancy.stats(1.0, 0, {})["cache_hit_rate"] == 0.4
