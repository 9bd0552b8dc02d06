"""Numbers of engines and hands that a run wants: enough for what is left, within the range, without flapping."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from factory.replicas import Replicas
from pipelines.elastic.target import FALLS_AFTER_S, Hands, Targets, Work, hands, wanted

WORK = Work(samples=8, unit=16)
ONE = Hands(workers=1, checkers=1, writers=1)


def test_as_many_engines_are_wanted_as_the_queue_fills_four_times() -> None:
    assert wanted(Replicas(1, 64), 1_000, WORK, slots=256) == 8  # 8,000 samples, 1,024 for each
    assert wanted(Replicas(1, 64), 1_000_000, WORK, slots=256) == 64
    assert wanted(Replicas(2, 64), 0, WORK, slots=256) == 2


def test_engines_that_do_not_say_how_much_they_hold_are_worth_a_unit_each() -> None:
    assert wanted(Replicas(1, 64), 100, WORK, slots=0) == 7


def test_more_are_wanted_at_once_and_fewer_after_a_minute() -> None:
    targets = Targets({"policy": Replicas(1, 64)}, WORK)
    slots = {"policy": 256}
    assert targets.look(0.0, 8_000, slots) == {"policy": 63}
    assert targets.look(1.0, 1_000, slots) == {"policy": 63}
    assert targets.look(FALLS_AFTER_S, 1_000, slots) == {"policy": 63}
    assert targets.look(1.0 + FALLS_AFTER_S, 100, slots) == {"policy": 8}  # the most that was wanted meanwhile
    assert targets.look(2.0 + FALLS_AFTER_S, 8_000, slots) == {"policy": 63}


def test_engines_of_an_earlier_run_are_kept_for_a_minute_too() -> None:
    targets = Targets({"policy": Replicas(1, 64)}, WORK, {"policy": 63})
    assert targets.look(0.0, 100, {"policy": 256}) == {"policy": 63}
    assert targets.look(FALLS_AFTER_S, 100, {"policy": 256}) == {"policy": 1}


def test_a_dip_that_ends_within_the_minute_changes_nothing() -> None:
    targets = Targets({"policy": Replicas(1, 64)}, WORK)
    for now, left in ((0.0, 8_000), (10.0, 100), (50.0, 8_000), (65.0, 100), (110.0, 100)):
        assert targets.look(now, left, {"policy": 256}) == {"policy": 63}


@given(
    st.integers(1, 9),
    st.integers(0, 99),
    st.lists(st.tuples(st.floats(0, 90), st.integers(0, 10**6), st.integers(0, 512)), max_size=30),
)
def test_targets_stay_in_their_range_and_a_fixed_number_is_fixed(
    least: int, more: int, looks: list[tuple[float, int, int]]
) -> None:
    targets = Targets({"policy": Replicas(least, least + more), "judge": Replicas(least, least)}, WORK)
    now = 0.0
    for seconds, left, slots in looks:
        now += seconds
        made = targets.look(now, left, {"policy": slots, "judge": slots})
        assert least <= made["policy"] <= least + more
        assert made["judge"] == least


def test_hands_grow_in_proportion_to_engines_and_no_further_than_there_are_nodes() -> None:
    assert hands(1, least=1, at_least=ONE, fixed_workers=0, nodes=4) == ONE
    assert hands(64, least=1, at_least=ONE, fixed_workers=0, nodes=16) == Hands(workers=32, checkers=16, writers=16)
    assert hands(64, least=32, at_least=Hands(workers=16, checkers=3, writers=2), fixed_workers=0, nodes=64) == Hands(
        workers=32, checkers=6, writers=4
    )


def test_a_number_of_workers_that_was_asked_for_stays_and_no_hand_is_taken_away_from_what_a_run_began_with() -> None:
    begun = Hands(workers=4, checkers=3, writers=2)
    assert hands(64, least=8, at_least=begun, fixed_workers=4, nodes=1).workers == 4
    assert hands(0, least=8, at_least=begun, fixed_workers=0, nodes=1) == begun
