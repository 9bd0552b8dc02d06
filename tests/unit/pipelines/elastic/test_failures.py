"""Engines that fail: taken out when they never answer, replaced a few times, their nodes avoided."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.elastic.failures import Failures, Tolerance

LIMITS = Tolerance()


@pytest.fixture
def failures() -> Failures:
    return Failures(LIMITS)


def test_the_fourth_failed_start_takes_an_engine_out(failures: Failures) -> None:
    assert [failures.start_failed("a") for _ in range(4)] == [False, False, False, True]
    assert not failures.start_failed("b")


def test_failed_starts_count_until_one_succeeds_and_deaths_until_it_answers(failures: Failures) -> None:
    for _ in range(3):
        failures.start_failed("a")
    for now in range(7):
        failures.died("a", now)
    failures.started("a")
    assert not failures.start_failed("a")
    assert failures.died("a", 8.0)


def test_eight_deaths_within_the_window_take_an_engine_out(failures: Failures) -> None:
    assert [failures.died("a", now) for now in range(0, 80, 10)] == [False] * 7 + [True]


def test_deaths_that_are_far_apart_do_not_add_up(failures: Failures) -> None:
    assert not any(failures.died("a", 100.0 * number) for number in range(50))


def test_an_engine_that_answers_in_between_stays(failures: Failures) -> None:
    for now in range(100):
        assert not failures.died("a", now)
        failures.answered("a")


def test_three_others_may_take_its_place(failures: Failures) -> None:
    assert [failures.taken_out(f"{number}", 5, "") for number in range(4)] == [True, True, True, False]
    assert failures.taken_out("another", 6, "")


def test_a_node_where_two_were_taken_out_is_avoided(failures: Failures) -> None:
    failures.taken_out("a", 0, "n1")
    assert failures.avoided(["n1", "n2"]) == frozenset()
    failures.taken_out("b", 1, "n1")
    assert failures.avoided(["n1", "n2"]) == {"n1"}


def test_a_node_that_is_to_blame_is_avoided_at_once_and_forgotten_when_it_is_gone(failures: Failures) -> None:
    failures.taken_out("a", 0, "n1", node_is_bad=True)
    assert failures.avoided(["n1", "n2"]) == {"n1"}
    assert failures.avoided(["n2"]) == frozenset()
    assert failures.avoided(["n1", "n2"]) == frozenset()


def test_no_node_is_avoided_where_none_would_be_left(failures: Failures) -> None:
    failures.taken_out("a", 0, "n1", node_is_bad=True)
    assert failures.avoided(["n1"]) == frozenset()


@given(st.lists(st.tuples(st.sampled_from(["died", "failed", "answered"]), st.sampled_from("abc"), st.floats(0, 300))))
def test_an_engine_is_out_exactly_when_it_failed_so_often_since_it_last_answered(
    events: list[tuple[str, str, float]],
) -> None:
    failures, now = Failures(LIMITS), 0.0
    starts: dict[str, int] = {}
    deaths: dict[str, list[float]] = {}
    for event, engine, seconds in events:
        now += seconds
        if event == "answered":
            failures.answered(engine)
            starts[engine], deaths[engine] = 0, []
        elif event == "failed":
            starts[engine] = starts.get(engine, 0) + 1
            assert failures.start_failed(engine) == (starts[engine] >= LIMITS.starts)
        else:
            deaths[engine] = [*deaths.get(engine, []), now]
            recent = [at for at in deaths[engine] if now - at <= LIMITS.window_s]
            assert failures.died(engine, now) == (len(recent) >= LIMITS.deaths)
