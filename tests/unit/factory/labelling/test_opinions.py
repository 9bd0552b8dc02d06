"""Opinions on first errors: their likelihood, worked out by hand, and what solutions teach of their sources."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.labelling.belief import Belief
from factory.labelling.experience import EVEN, LUCK_RATE, REPAIR_RATE, SHAPE, STRENGTH, Experience, Lessons, Sums
from factory.labelling.opinions import AGREED, ALARMED, GUESSED, NONE, SAID, Opinion, Reliability

KNOWN = Reliability({("critic", 0): np.array([5.4, 0.3, 0.4, 0.4, 0.6, 0.23, 0.83, 1.25, 1.25, 0.23, 6.5, 1.5])})
"""A critic that says the true step 9 times as often as a guesser would, a step next to it .5 times, too early and too
late 1/3, none 2 20/9 times; an alarm in .2 of what has no error. (What is expected of an unknown one comes on top.)"""


def chances(said: int, steps: int) -> list[float]:
    return np.exp(KNOWN.log_likelihood([Opinion("critic", said)], steps)).tolist()


def test_the_likelihood_of_an_opinion_on_two_steps_as_worked_out_by_hand() -> None:
    # Of an error in one of two steps three things can be said: hit 9, next to it .5, none 20/9; nothing is too early or
    # too late. Of no error: an alarm at either step .1.
    whole = 9 + 0.5 + 20 / 9
    assert chances(0, 2) == pytest.approx([9 / whole, 0.5 / whole, 0.1])
    assert chances(1, 2) == pytest.approx([0.5 / whole, 9 / whole, 0.1])
    assert chances(NONE, 2) == pytest.approx([20 / 9 / whole, 20 / 9 / whole, 0.8])


def test_a_kind_is_shared_by_its_steps() -> None:
    # Five steps, said: 1. Error at 0: one step next to it, three too late. At 1: two next to it, two too late. At 2:
    # two, one too early, one too late. At 3: two, two too early. At 4: one, three too early.
    weights = [0.5, 9, 0.5, 1 / 3, 1 / 3]
    near, far = [1, 2, 2, 2, 1], [3, 2, 2, 2, 3]
    whole = [9 + 20 / 9 + 0.5 * one + other / 3 for one, other in zip(near, far, strict=True)]
    expected = [weight / total for weight, total in zip(weights, whole, strict=True)]
    assert chances(1, 5) == pytest.approx([*expected, 0.04])


@given(st.integers(1, 12))
def test_the_likelihoods_of_all_that_can_be_said_add_up_to_one(steps: int) -> None:
    total = sum(np.exp(KNOWN.log_likelihood([Opinion("critic", said)], steps)) for said in range(-1, steps))
    assert total == pytest.approx(np.ones(steps + 1))


def test_sources_are_independent_given_the_first_error() -> None:
    both = [Opinion("critic", 1), Opinion("prm", NONE)]
    apart = [KNOWN.log_likelihood([opinion], 4) for opinion in both]
    assert KNOWN.log_likelihood(both, 4) == pytest.approx(apart[0] + apart[1])


def test_a_solution_teaches_what_was_said_and_what_a_guesser_would_have_said() -> None:
    taught = Reliability().taught_by([Opinion("critic", 0, grade=2)], np.array([0.5, 0.0, 0.25, 0.25]))
    counts = taught.counts["critic", 2]
    assert counts[SAID].tolist() == [0.5, 0, 0.25, 0, 0]
    # A guesser says one of three steps or none. Error at 0: one step is next to it, one is too late; at 2: one next to
    # it, one too early.
    assert counts[GUESSED].tolist() == [0.75 / 4, 0.75 / 4, 0.25 / 4, 0.5 / 4, 0.75 / 4]
    assert counts[[AGREED, ALARMED]].tolist() == [0, 0.25]


def test_a_source_that_says_anything_is_soon_believed_nothing() -> None:
    rng = np.random.default_rng(1)
    known = Reliability()
    for _ in range(300):
        truth = np.eye(7)[rng.integers(7)]
        known += known.taught_by([Opinion("critic", int(rng.integers(-1, 6)))], truth)
    said = np.exp(known.log_likelihood([Opinion("critic", 2)], 6))
    assert max(said) / min(said) < 1.6


def test_a_rollout_and_a_critic_are_weighed_together_as_worked_out_by_hand() -> None:
    # Two steps; a policy of strength .6 and luck .02, of which nothing else is uncertain.
    cell = (STRENGTH == 0.6) & (LUCK_RATE == 0.02) & (REPAIR_RATE == 0) & (EVEN == 1e6) & (SHAPE == 1)
    belief = Belief(2, correct=False, prior=cell.astype(np.float64))
    # One rollout behind the first step, right: by luck behind an error, else by luck or as .6 is for both steps.
    belief.update([(0, 0), (1, 1)])
    half = 0.6**0.5
    rollout = [0.02, 0.02 + 0.98 * half]
    first, second = (1 - half) * rollout[0], half * (1 - half) * rollout[1]
    assert belief.first_error == pytest.approx([first / (first + second), second / (first + second), 0], abs=1e-4)

    # The critic sees the error in the first step: odds of eighteen to one, against what the rollout says.
    belief.hear([Opinion("critic", 0)], KNOWN)
    first, second = first * 9, second * 0.5
    assert belief.first_error == pytest.approx([first / (first + second), second / (first + second), 0], abs=1e-4)
    assert first / (first + second) == pytest.approx(0.3736, abs=1e-4)

    # Without it, all is as it was.
    belief.hear([], KNOWN)
    assert belief.first_error[0] == pytest.approx(0.0320, abs=1e-4)


@pytest.mark.parametrize("correct", [True, False])
def test_opinions_on_a_long_solution_are_weighed_by_step(correct: bool) -> None:
    steps, prior = 200, Experience().prior
    long, plain = Belief(steps, correct, prior), Belief(steps, correct, prior)
    evidence = [(0, 0)] * 50 + [(4, 3)] + [(0, 0)] * (steps - 51)
    long.update(evidence)
    plain.update(evidence)
    opinions = [Opinion("critic", 120), Opinion("equations", 130)]
    long.hear(opinions, Reliability())
    expected = plain.first_error * np.exp(Reliability().log_likelihood(opinions, steps))
    assert long.first_error == pytest.approx(expected / expected.sum(), rel=1e-6)
    assert long.expected_information.shape == (steps,)


def test_what_a_question_teaches_of_opinions_counts_once_and_never_for_itself() -> None:
    experience, even = Experience(), np.ones(len(STRENGTH))
    one, two = (Reliability({("critic", 0): np.full(12, number)}) for number in (1.0, 2.0))

    def counts(without: str) -> float:
        return float(experience.reliability_without(without).counts.get(("critic", 0), np.zeros(12))[0])

    experience.teach("a", even, opinions=two)
    experience.teach("a", even, opinions=one)
    experience.teach("b", even, opinions=two)
    assert (counts("a"), counts("b"), counts("c")) == (2, 1, 3)
    experience.finish("b")
    experience.forget("a")
    assert (counts("a"), counts("b")) == (2, 2)
    experience.hear(Lessons(finished=Sums(opinions=one)))
    assert counts("a") == 3
    assert experience.lessons().finished.opinions.counts["critic", 0][0] == 2
