"""Seconds that an engine may take for a request."""

from __future__ import annotations

from factory.rollouts.patience import seconds_allowed


def test_short_samples_with_slots_for_all_have_the_time_that_the_user_set():
    assert seconds_allowed(1800, max_tokens=256, samples=8, ahead=0, slots=256) == 1800
    assert seconds_allowed(1800, max_tokens=256, samples=1, ahead=10_000, slots=0) == 1800


def test_longer_samples_have_more_time_in_proportion():
    assert seconds_allowed(1800, max_tokens=4096 * 8, samples=1, ahead=0, slots=4) == 8 * 1800


def test_samples_that_have_to_follow_each_other_have_more_time():
    assert seconds_allowed(10, max_tokens=1, samples=64, ahead=0, slots=4) == 160
    assert seconds_allowed(10, max_tokens=1, samples=1, ahead=8, slots=4) == 30
    assert seconds_allowed(10, max_tokens=1, samples=64, ahead=0, slots=1) == 640
