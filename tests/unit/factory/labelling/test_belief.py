"""Belief about the first error, given rollouts, and which rollout would tell most."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.labelling.belief import Belief
from factory.labelling.experience import EVEN, LUCK_RATE, REPAIR_RATE, SHAPE, STRENGTH, Experience

COUNTS = st.integers(0, 12).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))
EVIDENCE = st.lists(COUNTS, min_size=1, max_size=10)


def belief(*evidence: tuple[int, int], correct: bool = False) -> Belief:
    found = Belief(len(evidence), correct, Experience().prior)
    found.update(evidence)
    return found


@given(EVIDENCE, st.booleans())
def test_it_is_a_distribution_over_every_step_and_none(evidence, correct):
    found = belief(*evidence, correct=correct)
    assert found.first_error.shape == (len(evidence) + 1,)
    assert found.first_error.sum() == pytest.approx(1)
    assert found.first_error.min() >= 0
    assert found.log_likelihood.max() == 0
    assert 0 <= found.contradiction <= 1


def by_hand(evidence, correct: bool) -> list[float]:
    """The posterior as the module's docstring defines it, cell by cell, rollout by rollout."""
    steps, prior = len(evidence), Experience().prior
    most_even = float(max(EVEN))
    weights = [0.0] * (steps + 1)
    # As plain numbers: arithmetic on numpy's takes many times as long.
    grid = np.stack([STRENGTH, LUCK_RATE, REPAIR_RATE, EVEN, SHAPE, prior], axis=1).tolist()
    for v, r, w, c, a, cell in grid:
        survived = [v ** ((t / steps) ** a) for t in range(steps + 1)]
        for e in range(steps + 1):
            weight = cell
            if e < steps:
                weight *= (survived[e] - survived[e + 1]) * (r if correct else 1 - r)
            else:
                weight *= survived[steps] * correct
            for t, (trials, successes) in enumerate(evidence):
                able = v / survived[t]
                mean = r + (1 - r) * (able if t <= e else w * able if t == e + 1 else 0)
                for i in range(trials):
                    hits = min(i, successes)
                    even = c if t else most_even
                    p = (mean * even + hits) / (even + i)
                    weight *= p if i < successes else 1 - p
            weights[e] += weight
    return [weight / sum(weights) for weight in weights]


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)).map(lambda x: (x[0], min(x))), min_size=1, max_size=4))
def test_it_is_the_posterior_of_the_model_written_out(evidence):
    for correct in (False, True):
        assert belief(*evidence, correct=correct).first_error.tolist() == pytest.approx(by_hand(evidence, correct))


@given(EVIDENCE, st.booleans())
def test_evidence_counts_the_same_at_once_and_bit_by_bit(evidence, correct):
    slowly = Belief(len(evidence), correct, Experience().prior)
    slowly.update([(n // 2, min(s, n // 2)) if n - n // 2 >= s - min(s, n // 2) else (0, 0) for n, s in evidence])
    slowly.update(evidence)
    assert slowly.first_error.tolist() == pytest.approx(
        belief(*evidence, correct=correct).first_error.tolist(), abs=1e-9
    )


@given(EVIDENCE, st.data())
def test_the_mean_of_what_it_may_become_is_what_it_is(evidence, data):
    found = belief(*evidence)
    depth = data.draw(st.integers(0, len(evidence) - 1))
    branches = found.branches(depth)
    assert sum(chance for chance, _ in branches) == pytest.approx(1)
    mean = sum(chance * after.first_error for chance, after in branches)
    assert mean.tolist() == pytest.approx(found.first_error.tolist(), abs=1e-9)


@given(EVIDENCE, st.data())
def test_expected_information_is_the_entropy_that_a_rollout_takes_away(evidence, data):
    found = belief(*evidence)
    depth = data.draw(st.integers(0, len(evidence) - 1))
    gain = bits(found) - sum(chance * bits(after) for chance, after in found.branches(depth))
    assert found.expected_information[depth] == pytest.approx(gain, abs=1e-7)


def bits(found: Belief) -> float:
    return -sum(p * math.log2(p) for p in found.first_error if p > 0)


def test_a_look_at_a_branch_leaves_the_belief_as_it_is():
    found = belief((8, 4), (4, 2), (0, 0))
    before = found.first_error.copy()
    found.branches(1)[0][1].branches(2)
    assert np.array_equal(found.first_error, before)


def test_a_boundary_between_success_and_failure_is_the_first_error():
    first_error = belief((16, 8), (16, 8), (16, 0), (16, 0)).first_error
    assert first_error.argmax() == 1
    assert first_error[1] > 0.95


def test_failure_after_a_strong_prefix_says_more_than_after_a_weak_one():
    strong, weak = belief((16, 14), (8, 7), (8, 0)), belief((16, 2), (8, 1), (8, 0))
    assert strong.first_error[1] > weak.first_error[1]


def test_a_rare_success_may_be_luck():
    assert belief((32, 24), (32, 24), (32, 1), (32, 0)).first_error.argmax() == 1


def test_failures_at_one_prefix_are_less_evidence_against_it_if_the_policy_is_uneven():
    def wrong_before(even: bool) -> float:
        prior = Experience().prior * (EVEN.max() == EVEN if even else EVEN.max() != EVEN)
        found = Belief(4, False, prior / prior.sum() + 1e-300)
        found.update([(12, 8), (0, 0), (8, 0), (0, 0)])
        return float(found.first_error[:2].sum())

    assert wrong_before(even=False) < wrong_before(even=True)


def test_late_hardness_is_understood():
    """Weak but even rates up to the error, as where only one late step is hard: no sign of an earlier error."""
    assert belief((33, 8), (33, 5), (28, 5), (24, 0)).first_error.argmax() == 2


def test_a_correct_solution_with_succeeding_prefixes_has_no_error():
    assert belief((16, 12), (8, 7), (8, 8), correct=True).first_error[-1] > 0.95


def test_without_evidence_a_wrong_solution_is_wrong_somewhere():
    first_error = belief((0, 0), (0, 0), (0, 0), (0, 0)).first_error
    assert first_error[-1] < 0.05
    assert first_error.max() < 0.6


def test_the_root_says_nothing_about_where_but_the_middle_does():
    information = belief((8, 4), *[(0, 0)] * 7).expected_information
    assert information[0] < 0.1 * information.max()
    assert 1 < information.argmax() < 7


def test_success_long_after_certain_failure_contradicts_every_hypothesis():
    assert belief((16, 12), (40, 0), (40, 40), (0, 0)).contradiction > 0.5
    assert belief((16, 8), (16, 8), (16, 0), (16, 0)).contradiction < 0.01


def test_evidence_cannot_shrink():
    found = belief((4, 2), (2, 1))
    with pytest.raises(ValueError, match="shrank"):
        found.update([(4, 2), (1, 1)])


@settings(max_examples=25)
@given(EVIDENCE, st.booleans(), st.booleans())
def test_a_belief_that_takes_another_prior_is_the_one_that_began_with_it(evidence, correct, own):
    moved = Experience()
    moved.teach("q", np.linspace(0.1, 1, len(EVEN)))
    begun = Belief(len(evidence), correct, moved.prior, own=own)
    taken = Belief(len(evidence), correct, Experience().prior, own=own)
    for each in (begun, taken):
        each.update(evidence)
        # Weighed and asked: nothing of the first prior may stay.
        assert each.first_error.sum() == pytest.approx(1)
        assert each.expected_information.shape == (len(evidence),)
    taken.take_prior(moved.prior)
    for name in ("first_error", "contradiction", "expected_information"):
        assert getattr(taken, name) == pytest.approx(getattr(begun, name), rel=1e-9, abs=1e-12)
    taken.update([(trials + 1, hits) for trials, hits in evidence])
    begun.update([(trials + 1, hits) for trials, hits in evidence])
    assert (taken.first_error == begun.first_error).all()


@settings(max_examples=25)
@given(EVIDENCE)
def test_what_evidence_says_of_the_policy_does_not_depend_on_the_prior(evidence):
    moved = Experience()
    moved.teach("q", np.linspace(0.1, 1, len(EVEN)))
    found = [Belief(len(evidence), False, experience.prior) for experience in (Experience(), moved)]
    for each in found:
        each.update(evidence)
    for name in ("log_likelihood", "log_likelihood_behind_question"):
        here, there = (np.exp(getattr(each, name) - getattr(each, name).max()) for each in found)
        assert here == pytest.approx(there, rel=1e-9, abs=1e-12)
