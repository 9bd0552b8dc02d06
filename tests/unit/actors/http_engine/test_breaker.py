"""Circuit breaker: open after failures, one trial at a time, closed by one that works."""

from __future__ import annotations

from actors.http_engine.breaker import FAILURES, FIRST_S, LONGEST_S, Breaker


def opened(now: float = 0.0) -> Breaker:
    breaker = Breaker()
    breaker.failed(now, trial=breaker.sent(), gone=True)
    return breaker


def test_it_opens_after_some_failures_in_a_row() -> None:
    breaker = Breaker()
    for number in range(FAILURES):
        assert breaker.lets_pass(0.0), number
        breaker.failed(0.0, trial=breaker.sent())
    assert not breaker.lets_pass(0.0)


def test_a_useful_answer_between_them_begins_the_count_anew() -> None:
    breaker = Breaker()
    for _ in range(3 * FAILURES):
        breaker.failed(0.0, trial=breaker.sent())
        breaker.worked()
    assert breaker.is_closed


def test_a_server_that_cannot_be_reached_is_left_alone_at_once_for_a_while() -> None:
    breaker = opened()
    assert (breaker.lets_pass(FIRST_S - 0.01), breaker.lets_pass(FIRST_S)) == (False, True)
    assert breaker.opens_at == FIRST_S


def test_one_request_at_a_time_is_on_trial() -> None:
    breaker = opened()
    assert breaker.sent()
    assert not breaker.lets_pass(100.0)
    assert breaker.opens_at is None


def test_a_trial_that_fails_doubles_the_time_up_to_a_bound() -> None:
    breaker, now = opened(), FIRST_S
    for pause in (2.0, 4.0, 8.0, 16.0, LONGEST_S, LONGEST_S):
        breaker.failed(now, trial=breaker.sent())
        assert breaker.opens_at == now + pause
        now += pause


def test_a_trial_that_works_closes_it() -> None:
    breaker = opened()
    breaker.sent()
    breaker.worked()
    assert breaker.is_closed
    assert breaker.lets_pass(0.0)


def test_a_trial_that_was_cancelled_lets_another_one_try() -> None:
    breaker = opened()
    breaker.abandoned(trial=breaker.sent())
    assert breaker.lets_pass(FIRST_S)


def test_requests_from_before_it_opened_tell_nothing_new() -> None:
    breaker = opened()
    trial = breaker.sent()
    breaker.failed(5.0, trial=False)
    breaker.abandoned(trial=False)
    assert not breaker.lets_pass(5.0)
    breaker.failed(5.0, trial=trial)
    assert breaker.opens_at == 5.0 + 2 * FIRST_S
