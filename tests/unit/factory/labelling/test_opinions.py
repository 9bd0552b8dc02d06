"""Opinions on first errors: their likelihood, worked out by hand, and what solutions teach of their sources."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.labelling.opinions import AGREED, ALARMED, GUESSED, HIT, MISSED, NONE, Opinion, Reliability, borders, kinds

KNOWN = Reliability({("critic", 0): np.array([50.0, 8.0, 8.5, 8.5, 8.0, 9.0, 6.5, 1.5])})
"""A critic that guesses .1, hits .6, is next to it, too early, too late or blind .1 each; wrong in .2 without error."""


def chances(said: int, steps: int) -> list[float]:
    return np.exp(KNOWN.log_likelihood([Opinion("critic", said)], steps)).tolist()


def test_the_likelihood_of_an_opinion_on_two_steps_as_worked_out_by_hand() -> None:
    # Of an error in one of two steps it sees one in .9 of the cases: of hit .6, next to it .1, none .1, as nothing is
    # too early or too late there. Else each of three things is guessed. Of no error: an alarm at either step .1.
    hit, near, blind, guess = 0.9 * 6 / 8, 0.9 / 8, 0.9 / 8, 0.1 / 3
    assert chances(0, 2) == pytest.approx([hit + guess, near + guess, 0.1])
    assert chances(1, 2) == pytest.approx([near + guess, hit + guess, 0.1])
    assert chances(NONE, 2) == pytest.approx([blind + guess, blind + guess, 0.8])


def test_a_kind_is_shared_by_its_steps() -> None:
    # Five steps, said: 1. Error at 0: next to it, the only such step, and nothing is too early there. At 2: one of two,
    # all kinds are there. At 3: one of two too early. At 4: one of three, and nothing is too late.
    kinds_there, guess = [0.9, 0.9, 1.0, 0.9, 0.9], 0.1 / 6
    share = [0.1, 0.6, 0.1 / 2, 0.1 / 2, 0.1 / 3]
    expected = [0.9 * part / there + guess for part, there in zip(share, kinds_there, strict=True)]
    assert chances(1, 5) == pytest.approx([*expected, 0.04])


@given(st.integers(1, 12))
def test_the_likelihoods_of_all_that_can_be_said_add_up_to_one(steps: int) -> None:
    total = sum(np.exp(KNOWN.log_likelihood([Opinion("critic", said)], steps)) for said in range(-1, steps))
    assert total == pytest.approx(np.ones(steps + 1))


def test_sources_are_independent_given_the_first_error() -> None:
    both = [Opinion("critic", 1), Opinion("prm", NONE)]
    apart = [KNOWN.log_likelihood([opinion], 4) for opinion in both]
    assert KNOWN.log_likelihood(both, 4) == pytest.approx(apart[0] + apart[1])


def test_a_solution_teaches_the_kinds_of_opinion_by_what_its_first_error_may_be() -> None:
    certain = KNOWN.taught_by([Opinion("critic", 0)], np.array([1.0, 0.0, 0.0])).counts[("critic", 0)]
    hit, guess = 0.9 * 6 / 8, 0.1 / 3
    assert certain[[HIT, GUESSED]] == pytest.approx([hit / (hit + guess), guess / (hit + guess)])
    open_ = KNOWN.taught_by([Opinion("critic", NONE)], np.array([0.25, 0.25, 0.5])).counts[("critic", 0)]
    assert open_[AGREED] == pytest.approx(0.5)
    assert open_[[MISSED, GUESSED]].sum() == pytest.approx(0.5)


def test_a_source_that_says_anything_is_soon_believed_nothing() -> None:
    rng = np.random.default_rng(1)
    known = Reliability()
    for _ in range(2000):
        truth = np.eye(7)[rng.integers(7)]
        known += known.taught_by([Opinion("critic", int(rng.integers(-1, 6)))], truth)
    said = np.exp(known.log_likelihood([Opinion("critic", 2)], 6))
    assert max(said) / min(said) < 2


@given(st.integers(1, 20), st.integers(-1, 19))
def test_the_likelihood_is_constant_between_its_borders(steps: int, said: int) -> None:
    opinion = Opinion("critic", min(said, steps - 1))
    kind = kinds(opinion.first_error, steps)[:-1]
    marks = [*borders([opinion], steps), steps]
    assert all(len(set(kind[begin:end].tolist())) == 1 for begin, end in pairwise(marks))
    assert kinds(0, steps)[-1] == ALARMED
