"""Belief about solutions of any length, against the model written out for every step and cell; memory and reuse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factory.labelling.belief import Belief
from factory.labelling.experience import EVEN, LUCK_RATE, REPAIR_RATE, SHAPE, STRENGTH, Experience
from factory.labelling.kept import Kept

COUNTS = st.integers(0, 12).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))
LENGTHS = st.one_of(st.integers(1, 20), st.integers(60, 70), st.integers(71, 150))


@st.composite
def cases(draw):
    """Evidence with rollouts of few prefixes or of many, the verdict, whose solution it is, and a prior."""
    evidence = [(0, 0)] * draw(LENGTHS)
    for depth in draw(st.lists(st.integers(0, len(evidence) - 1), max_size=12)):
        evidence[depth] = draw(COUNTS)
    experience = Experience()
    experience.teach("q", np.random.default_rng(draw(st.integers(0, 99))).random(len(EVEN)))
    return evidence, draw(st.booleans()), draw(st.booleans()), experience.prior


def written_out(evidence, correct, own, prior):
    """Joint posterior, shape [M + 1, cells], and P(success | e, cell) of each next rollout, [M, M + 1, cells]."""
    steps = len(evidence)
    share = (np.arange(steps + 1)[:, None] / steps) ** SHAPE
    survived = STRENGTH**share
    outcome = np.vstack([survived[:-1] - survived[1:], survived[-1:] * correct])
    outcome[:-1] *= LUCK_RATE if correct else 1 - LUCK_RATE
    if not own:
        outcome /= outcome.sum(axis=0)
    log = np.log(np.maximum(outcome, 1e-300)) + np.log(prior)
    first_error = np.arange(steps + 1)[:, None]
    next_one = []
    for t, (trials, hits) in enumerate(evidence):
        able = STRENGTH ** (1 - share[t])
        factor = np.where(first_error >= t, 1.0, np.where(first_error == t - 1, REPAIR_RATE, 0.0))
        mean = LUCK_RATE + (1 - LUCK_RATE) * factor * able
        even = EVEN if t else np.full_like(EVEN, EVEN.max())
        log += sum(np.log((mean * even + i) / (even + i)) for i in range(hits))
        log += sum(np.log(((1 - mean) * even + i) / (even + hits + i)) for i in range(trials - hits))
        next_one.append((mean * even + hits) / (even + trials))
    joint = np.exp(log - log.max())
    return joint / joint.sum(), next_one


def information_of(joint, next_one):
    """Mutual information of the first error and one more rollout, in bits, shape [M]."""
    weights = joint.sum(axis=1)
    success = np.array([(joint * each).sum(axis=1) for each in next_one])
    given_error = np.clip(success / np.maximum(weights, 1e-300), 1e-12, 1 - 1e-12)

    def bits(p):
        return -(p * np.log2(p) + (1 - p) * np.log2(1 - p))

    return bits(success.sum(axis=1)) - (bits(given_error) * weights).sum(axis=1)


def belief(evidence, correct, own, prior):
    made = Belief(len(evidence), correct, prior, own=own)
    made.update(evidence)
    return made


@settings(deadline=None, max_examples=25)
@given(cases())
def test_it_is_the_posterior_of_the_model_whatever_the_length(case):
    made, (joint, _) = belief(*case), written_out(*case)
    assert made.first_error == pytest.approx(joint.sum(axis=1), abs=1e-9)
    cells = np.exp(made.log_likelihood) * case[-1]
    assert cells / cells.sum() == pytest.approx(joint.sum(axis=0), abs=1e-9)


@settings(deadline=None, max_examples=15)
@given(cases())
def test_the_rollout_it_prefers_tells_nearly_as_much_as_the_best(case):
    made, exact = belief(*case), information_of(*written_out(*case))
    if len(case[0]) <= 64:
        assert made.expected_information == pytest.approx(exact, abs=1e-7)
    else:
        assert exact[made.expected_information.argmax()] >= 0.95 * exact.max() - 1e-6


@settings(deadline=None, max_examples=15)
@given(cases(), st.integers(0, 99))
def test_another_prior_and_a_rest_change_nothing_but_the_prior(case, seed):
    moved = Experience()
    moved.teach("q", np.random.default_rng(seed).random(len(EVEN)))
    made = belief(*case)
    assert made.expected_information.shape == (len(case[0]),)
    made.rest()
    made.take_prior(moved.prior)
    anew = belief(*case[:3], moved.prior)
    assert made.first_error == pytest.approx(anew.first_error, abs=1e-9)
    assert made.contradiction == pytest.approx(anew.contradiction, rel=1e-6, abs=1e-9)
    assert made.expected_information == pytest.approx(anew.expected_information, abs=1e-3)


@settings(deadline=None, max_examples=15)
@given(cases())
def test_what_it_says_of_the_policy_is_a_product_of_the_bare_question_and_the_rest(case):
    evidence, correct, own, prior = case
    made, question = belief(*case), belief([evidence[0]], correct, own, prior)
    apart = made.log_likelihood_behind_question + question.log_likelihood
    away = made.log_likelihood - apart
    likely = made.log_likelihood > made.log_likelihood.max() - 20
    assert np.ptp(away[likely]) == pytest.approx(0, abs=1e-7)
    assert made.trials_at == {depth: trials for depth, (trials, _) in enumerate(evidence) if trials}


def size(made: Belief) -> int:
    """Bytes of the arrays that a belief holds; the prior is shared."""
    held = [value for name, value in vars(made).items() if name != "_prior"]
    arrays = [part for value in held for part in (value if isinstance(value, tuple) else [value])]
    return sum(part.nbytes for part in arrays if isinstance(part, np.ndarray) and part is not made._prior)


def asked(steps: int, probes: int) -> Belief:
    """A belief as it is in the middle of its labelling."""
    evidence = [(0, 0)] * steps
    evidence[0] = (15, 7)
    for probe in range(probes):
        evidence[1 + probe * (steps - 1) // probes] = (2, int(probe < probes // 2))
    made = belief(evidence, False, True, Experience().prior)
    assert made.expected_information.shape == (steps,)
    return made


@pytest.mark.parametrize(("steps", "resting", "computing"), [(10, 64e3, 64e3), (100, 64e3, 1e6), (1000, 64e3, 1.2e6)])
def test_its_memory_is_bounded_however_many_steps_there_are(steps, resting, computing):
    made = asked(steps, probes=min(steps - 1, 64))
    assert size(made) < computing
    made.rest()
    assert size(made) < resting


def test_arrays_are_kept_up_to_a_number_of_bytes_and_the_latest_stay():
    made = []

    def compute(n):
        made.append(n)
        return (np.zeros(n),)

    kept = Kept(compute, 8 * 100)
    kept(40), kept(50), kept(40), kept(60), kept(40)
    assert made == [40, 50, 60]
    assert kept.bytes == 8 * 100
    kept(101)
    assert kept.bytes == 0
