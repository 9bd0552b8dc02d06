"""Kill schedule: spread, fair, repeatable. And the table made of its recoveries."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.chaos.report import faultless, percentile, recoveries
from tools.chaos.schedule import DOWN_S, FIRST, LAST, S3_SERVER, WEIGHTS, schedule, weights


@given(kills=st.integers(0, 300), seed=st.integers(0, 1000), storage=st.sampled_from(["local", "s3"]))
def test_a_schedule_has_all_its_kills_in_order_and_every_role_its_share(kills: int, seed: int, storage: str) -> None:
    roles = weights(storage)
    made = schedule(kills, roles, seed)
    thresholds = [kill.threshold for kill in made]
    assert len(made) == kills
    assert thresholds == sorted(thresholds)
    assert all(FIRST <= threshold <= LAST for threshold in thresholds)
    counts = Counter(kill.role for kill in made)
    assert set(counts) <= set(roles)
    assert all(counts[role] >= kills // (2 * len(roles)) for role in roles)


def test_the_seed_alone_decides() -> None:
    assert schedule(50, WEIGHTS, 7) == schedule(50, WEIGHTS, 7)
    assert schedule(50, WEIGHTS, 7) != schedule(50, WEIGHTS, 8)


@given(kills=st.integers(1, 99), seed=st.integers(0, 1000))
def test_every_kill_leaves_room_for_those_to_come(kills: int, seed: int) -> None:
    thresholds = [kill.threshold for kill in schedule(kills, WEIGHTS, seed, room=0.01)]
    assert thresholds == sorted(thresholds)
    assert all(threshold <= 1 - 0.01 * (kills - at) + 1e-9 for at, threshold in enumerate(thresholds))


def test_more_kills_than_there_is_room_for_are_refused() -> None:
    with pytest.raises(ValueError, match="expected at most"):
        schedule(100, WEIGHTS, 0, room=0.01)


def test_roles_with_more_weight_are_killed_more_often() -> None:
    counts = Counter(kill.role for kill in schedule(2000, {"often": 9, "seldom": 1}, seed=0))
    assert counts["often"] > 1.5 * counts["seldom"]


def test_without_s3_there_is_no_server_to_kill() -> None:
    assert set(weights("s3")) - set(weights("local")) == {S3_SERVER}


def test_a_killed_server_stays_down_within_the_limits() -> None:
    downs = [kill.down_s for kill in schedule(200, WEIGHTS, seed=3)]
    assert DOWN_S[0] <= min(downs) < max(downs) <= DOWN_S[1]


def test_recoveries_are_summed_up_by_role() -> None:
    made = [("writer", 1.0), ("writer", 3.0), ("writer", None), ("node", 2.0), ("writer", 2.0)]
    figures = recoveries(["writer", "node", "driver"], made)
    assert figures["writer"] == {"kills": 4, "median_s": 2.0, "p90_s": 3.0, "max_s": 3.0}
    assert figures["node"]["kills"] == 1
    assert figures["driver"] == {"kills": 0, "median_s": None, "p90_s": None, "max_s": None}


@pytest.mark.parametrize(("n", "expected"), [(1, 1), (2, 2), (10, 9), (11, 10), (100, 90)])
def test_a_percentile_is_a_value_that_was_measured(n: int, expected: int) -> None:
    assert percentile(range(1, n + 1), 0.9) == expected


@pytest.mark.parametrize(("count", "verdict"), [(0, True), (1, False)])
def test_one_fault_of_any_kind_is_too_many(count: int, verdict: bool) -> None:
    assert faultless({"faults": {"lost": 0, "doubled": count}}) is verdict
