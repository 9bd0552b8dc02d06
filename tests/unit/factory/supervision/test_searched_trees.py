"""Labellers on trees that a search has grown with actions: steps of other prompts, drafts, visits and scores."""

from __future__ import annotations

from random import Random

import pytest
from support.fakes import RIGHT, WRONG, policy_for
from support.top_ups import LABELLERS

from factory.contracts.supervision import SUPERVISION
from factory.drafting.settled import settle
from factory.drafting.steps import graft, next_steps, plant
from factory.drafting.uct import backup
from factory.labelling.experience import Experience
from factory.labelling.learning import learn
from factory.rollouts.policy import Policy

REPHRASED, ASKED, SLIP = "Given 2 and 2.\n", "What is 2 and 2?\n", "2 + 2 = 5\n"


async def searched() -> Policy:
    """Tree of rephrasing (A5), a sub-question (A3), sampled steps behind it, and two ends; `SLIP` is its error."""
    fresh = iter(range(10**6))

    def reply(prefix: str, n: int) -> list[str]:
        if prefix.endswith(ASKED) and n == 2:
            return [SLIP, "2 + 2 = 4\n"]
        # Rollouts from any prefix succeed unless the slip is in it.
        return [f"so {next(fresh)}\n{WRONG if SLIP in prefix else RIGHT}" for _ in range(n)]

    policy = policy_for(reply)
    rephrased = graft(policy.tree, policy.tree.root, REPHRASED, action="A5")
    asked = graft(policy.tree, rephrased, ASKED, action="A3")
    wrong, right = await next_steps(policy, asked, 2, method="rstar", action="A1")
    ends = [plant(policy, f"then\n{WRONG}", action="A2", node=wrong), plant(policy, RIGHT, action="A2", node=right)]
    for end, reward in zip(ends, (0.0, 1.0), strict=True):
        backup(end, reward)
    await settle(policy, ends, method="rstar")
    return policy


@pytest.mark.parametrize("labeller", LABELLERS)
async def test_the_first_error_is_located_in_a_solution_that_several_prompts_wrote(labeller: str) -> None:
    policy = await searched()
    plugin = SUPERVISION.load(labeller)
    visits = [(node.visits, node.reward) for node in policy.tree.nodes]
    wrong, right = policy.tree.solutions
    labels = await plugin.label(policy.tree, policy, plugin.Config(), Random(0), Experience())
    assert labels[wrong].first_error in (2, None)
    assert not any(step.label == -1 for step in labels[right].steps)
    assert [step.label for step in labels[wrong].steps][:2] in ([1, 1], [None, None])
    # What the search has counted stays what it was.
    assert [(node.visits, node.reward) for node in policy.tree.nodes][: len(visits)] == visits
    # Rollouts are those of the run's own prompt, behind the text that other prompts wrote and the ids behind it.
    probes = [request for request in policy.models.requests[1:] if request.prefix_text]  # type: ignore[attr-defined]
    assert {request.prompt for request in policy.models.requests} == {policy.prompt}  # type: ignore[attr-defined]
    for request in probes:
        text = request.prefix_text + "".join(map(chr, request.prefix))
        assert text.startswith(REPHRASED)
        assert request.prefix_text in (REPHRASED, REPHRASED + ASKED, text)
        if SLIP in text and not text.endswith("then\n"):
            assert (request.prefix_text, "".join(map(chr, request.prefix))) == (REPHRASED + ASKED, SLIP)


async def test_bayes_bisection_finds_the_slip_of_a_guided_solution() -> None:
    policy = await searched()
    plugin = SUPERVISION.load("bayes_bisection")
    labels = await plugin.label(policy.tree, policy, plugin.Config(), Random(0), Experience())
    assert labels[policy.tree.solutions[0]].first_error == 2


async def test_guided_solutions_teach_no_prior_and_the_policys_own_do() -> None:
    policy = await searched()
    experience = Experience()
    plugin = SUPERVISION.load("bayes_bisection")
    await plugin.label(policy.tree, policy, plugin.Config(), Random(0), experience)
    before = experience.prior.copy()
    untaught = Experience().prior
    assert (before == untaught).all()
    learn(experience, policy.tree)
    assert (experience.prior == untaught).all()
    await policy.rollouts(policy.tree.root, 4, method="sample")
    learn(experience, policy.tree)
    assert not (experience.prior == untaught).all()
