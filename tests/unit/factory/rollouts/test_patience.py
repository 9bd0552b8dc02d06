"""Seconds that an engine may take for a request."""

from __future__ import annotations

from factory.rollouts.patience import seconds_allowed, waves


def test_samples_follow_each_other_in_as_many_waves_as_the_slots_need():
    assert waves(samples=8, ahead=0, slots=256) == 1
    assert waves(samples=64, ahead=0, slots=4) == 16
    assert waves(samples=1, ahead=8, slots=4) == 3
    assert waves(samples=64, ahead=0, slots=1) == 64
    assert waves(samples=1, ahead=10_000, slots=0) == 1


def test_short_samples_have_the_time_that_the_user_set_for_each_wave():
    assert seconds_allowed(1800, max_tokens=256, waves=1) == 1800
    assert seconds_allowed(10, max_tokens=1, waves=16) == 160


def test_longer_samples_have_more_time_in_proportion():
    assert seconds_allowed(1800, max_tokens=4096 * 8, waves=1) == 8 * 1800


def test_a_slow_engine_has_time_for_all_tokens_at_its_own_pace():
    assert seconds_allowed(1800, max_tokens=1000, waves=2, pace=2.0) == 2 * 4 * 2000
    assert seconds_allowed(1800, max_tokens=1000, waves=1, pace=0.01) == 1800
