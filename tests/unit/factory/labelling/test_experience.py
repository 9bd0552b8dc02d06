"""Prior that a run learns of its policy."""

from __future__ import annotations

import numpy as np
import pytest

from factory.labelling.experience import LUCK_RATE, STRENGTH, Experience


def certain(cell: int) -> np.ndarray:
    cells = np.zeros(len(STRENGTH))
    cells[cell] = 1
    return cells


def test_the_prior_is_a_distribution_before_and_after_learning():
    experience = Experience()
    for cell in (0, 5, 5, 200):
        assert experience.prior.sum() == pytest.approx(1)
        assert experience.prior.min() > 0
        experience.learn(certain(cell))


def test_what_is_seen_again_and_again_is_expected():
    experience = Experience()
    for _ in range(100):
        experience.learn(certain(7))
    assert experience.prior[7] > 0.9
    assert experience.expects()["strength"] == pytest.approx(STRENGTH[7], abs=0.05)
    assert experience.expects()["luck"] == pytest.approx(LUCK_RATE[7], abs=0.02)


def test_the_unexpected_stays_possible_and_is_learnt_too():
    experience = Experience()
    for _ in range(1000):
        experience.learn(certain(7))
    assert experience.prior[100] > 1e-5
    for _ in range(300):
        experience.learn(certain(100))
    assert experience.prior[100] > experience.prior[7]


def test_it_does_not_grow():
    experience = Experience()
    for _ in range(50):
        experience.learn(certain(3))
    assert experience.prior.shape == STRENGTH.shape
