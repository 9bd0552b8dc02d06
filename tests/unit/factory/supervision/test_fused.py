"""Rollouts and opinions together: what sources say is kept, and spares rollouts where it has proved right."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

import numpy as np
from support.fakes import CHAIN, FakeModels, of_chain, slips_in

from factory.labelling.experience import STRENGTH, Experience
from factory.labelling.opinions import GUESSED, HIT, Opinion, Reliability
from factory.labelling.step_labels import SolutionLabels
from factory.rollouts.policy import Policy
from factory.supervision import bayes_bisection, fused
from factory.types import Question, Scores

SLIP = 3


class Scored(FakeModels):
    """Fake models, one of which scores steps: certain of them up to the slip, and of none behind."""

    async def score(self, role: str, question: Question, steps: Sequence[str]) -> Scores:
        return Scores(steps=[0.99 if index < SLIP else 0.01 for index in range(len(steps))], whole=0.01)


def labelled(config: bayes_bisection.Config, experience: Experience) -> tuple[SolutionLabels, Policy]:
    """Labels of a chain that goes wrong at `SLIP`, and the policy that was asked."""
    policy = slips_in(SLIP)
    policy.models = Scored(policy.models._reply)  # type: ignore[attr-defined]
    method = fused if isinstance(config, fused.Config) else bayes_bisection

    async def run() -> SolutionLabels:
        await policy.rollouts(policy.tree.root, 8, "sample")
        return of_chain(await method.label(policy.tree, policy, config, Random(0), experience))

    return asyncio.run(run()), policy


def knowing(counts: float) -> Experience:
    """An experience in which a verifier that is sure has been right so often."""
    experience = Experience()
    hits = np.zeros(12)
    hits[HIT] = counts
    hits[GUESSED] = counts * np.array([1, 1.75, 2.6, 2.6, 1]) / 9
    experience.teach("before", np.ones(len(STRENGTH)), opinions=Reliability({("prm", 4): hits}))
    experience.finish("before")
    return experience


def test_an_opinion_that_has_proved_right_spares_rollouts_and_the_label_is_the_same() -> None:
    alone, asked = labelled(bayes_bisection.Config(), Experience())
    together, fewer = labelled(fused.Config(verifier="prm"), knowing(500))
    assert alone.first_error == together.first_error == SLIP
    assert together.policy_calls < alone.policy_calls / 2
    assert len(fewer.models.asked) < len(asked.models.asked)  # type: ignore[attr-defined]


def test_an_opinion_of_an_unknown_source_is_no_label_by_itself() -> None:
    labels, policy = labelled(fused.Config(verifier="prm", max_probes=0), Experience())
    assert labels.first_error is None
    [chain] = [solution for solution in policy.tree.solutions if solution.text == CHAIN]
    assert chain.opinions == (Opinion("prm", SLIP, 4),)


def test_what_a_solution_shows_of_a_source_is_learnt() -> None:
    experience = Experience()
    labelled(fused.Config(verifier="prm"), experience)
    counts = experience.reliability_without("another").counts["prm", 4]
    assert counts[HIT] > 0.8
