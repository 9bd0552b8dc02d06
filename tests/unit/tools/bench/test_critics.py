"""Benchmark of critics: its figures add up, and a critic that hits spares rollouts."""

from __future__ import annotations

from argparse import Namespace

import pytest

from factory.labelling.step_labels import SolutionLabels, StepLabel
from tools.bench.critics.__main__ import measured, posterior_of

ARGUMENTS = Namespace(
    questions=12, steps=6, p=0.9, r=0.02, votes=4, in_flight=4, seeds=[1], tell=1.0, slots=0, confidence=[0.9]
)


def test_a_critic_that_hits_spares_rollouts_and_none_is_asked_no_votes() -> None:
    none, good = measured("none", 0.9, ARGUMENTS), measured(".88", 0.9, ARGUMENTS)
    assert none["votes_per_error"] == 0 < good["votes_per_error"]
    assert good["label_rollouts"] < none["label_rollouts"]
    assert none["wrong"] == good["wrong"]
    for row in (none, good):
        assert sum(count for _, count in row["bins"].values()) == row["located"]


@pytest.mark.parametrize(("first_error", "expected"), [(0, 0.1), (1, 0.75), (2, 0.1), (-1, 0.05)])
def test_the_posterior_of_a_first_error_follows_from_the_confidence_of_the_steps(
    first_error: int, expected: float
) -> None:
    # P(first error): .1, .75, .1, none .05.
    wrong = [0.1, 0.85, 0.95]
    signs = [-1 if 0 <= first_error <= step else 1 for step in range(3)]
    steps = tuple(
        StepLabel(n_trials=0, n_successes=0, mc_value=None, label=sign, confidence=by if sign == -1 else 1 - by)
        for sign, by in zip(signs, wrong, strict=True)
    )
    assert posterior_of(SolutionLabels(steps=steps, first_error=first_error)) == pytest.approx(expected)
