"""Likelihoods of prefixes put together: the short way and the long one say the same, and odds may be as long as any."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from factory.labelling import likelihood
from factory.labelling.belief import Belief
from factory.labelling.experience import STRENGTH
from factory.labelling.likelihood import explanations, prefix


@pytest.mark.parametrize("prefixes", [1, 2, 7, 16])
def test_many_prefixes_are_explained_as_few_are(prefixes, monkeypatch):
    logs = [prefix(20, depth, 3 + depth % 4, depth % 3).log for depth in range(1, prefixes + 1)]
    by_matrix = explanations(logs)
    monkeypatch.setattr(likelihood, "_AT_ONCE", 0)
    np.testing.assert_allclose(explanations(logs), by_matrix, rtol=1e-9)


def test_rollouts_that_rule_out_every_hypothesis_raise_no_warning():
    belief = Belief(3, correct=False, prior=np.full(len(STRENGTH), 1 / len(STRENGTH)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        belief.update([(9999, 9000), (9999, 0), (9999, 9999)])
        assert np.isfinite(belief.log_likelihood).all()
        assert belief.first_error.sum() == pytest.approx(1)
