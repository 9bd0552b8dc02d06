"""Information that one more vote of a critic promises."""

from __future__ import annotations

import numpy as np
import pytest

from factory.labelling.arrays import Array
from factory.labelling.further_votes import information_of_vote
from factory.labelling.opinions import FRESH, GUESSED, HIT, MISSED, NONE, SAID, Reliability

EVEN = np.array([0.25, 0.25, 0.25, 0.25, 0.0])


def known(hit: float, missed: float) -> Reliability:
    """A critic whose single votes are known for sure: weights of hits and of seeing none, where 1 is a guess."""
    counts = np.full(14, 1e9)
    counts[SAID] *= 0.001
    counts[HIT], counts[MISSED] = 1e9 * hit, 1e9 * missed
    counts[GUESSED] = 1e9
    return Reliability({("critic", 0, 2): counts})


def bits(first_error: Array, reliability: Reliability, votes: tuple[int, ...] = ()) -> float:
    return information_of_vote("critic", votes, first_error, reliability)


def test_a_vote_that_always_hits_tells_all_that_is_unknown() -> None:
    assert bits(EVEN, known(1000, 0.001)) == pytest.approx(2, abs=0.03)


def test_a_vote_that_hits_or_sees_none_equally_often_tells_half_of_it() -> None:
    assert bits(EVEN, known(1000, 1000)) == pytest.approx(1, abs=0.03)


def test_a_guess_tells_nothing() -> None:
    guess = Reliability({("critic", 0, 2): np.full(14, 1e9)})
    assert bits(EVEN, guess) == pytest.approx(0, abs=1e-6)


def test_nothing_is_to_be_learnt_of_what_is_known() -> None:
    assert bits(np.eye(5)[2], known(1000, 0.001)) == pytest.approx(0, abs=1e-6)


def test_a_further_vote_promises_less_than_the_first() -> None:
    assert bits(EVEN, Reliability()) > 3 * bits(EVEN, Reliability(), (1,)) > 0


def test_a_vote_that_only_repeats_tells_nothing() -> None:
    counts = np.full(14, 1e9)
    counts[HIT], counts[FRESH] = 1e12, 1
    assert bits(EVEN, Reliability({("critic", 0, 2): counts}), (1,)) == pytest.approx(0, abs=1e-6)


def test_a_solution_of_a_thousand_steps_is_foreseen_by_its_likely_votes() -> None:
    even = np.append(np.full(1024, 1 / 1024), 0.0)
    sure = np.append(np.eye(1024)[:3].sum(axis=0) / 3, 0.0)
    assert bits(even, Reliability()) >= 0
    assert bits(sure, Reliability(), (NONE,)) >= 0
    assert bits(sure, Reliability()) > 0.1
