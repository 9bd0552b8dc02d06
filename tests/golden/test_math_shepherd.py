"""Tests of Math-Shepherd (arXiv 2312.08935) and of the scan, on trees small enough to follow by hand."""

from __future__ import annotations

from random import Random

import pytest
from support.fakes import RIGHT, WRONG, policy_for

from factory.labelling.experience import Experience
from factory.supervision import math_shepherd, scan

CHAIN = f"s1\ns2\ns3\n{WRONG}"


def slips_in(step: int):
    """Return a policy: prefixes of CHAIN up to `step` steps succeed every other time, longer ones never."""

    def reply(prefix: str, n: int) -> list[str]:
        if not prefix:
            return [CHAIN] + [f"t{i}\n{RIGHT}" for i in range(n - 1)]
        done = prefix.count("\n")
        return [f"x{done}{i}\n{RIGHT if done <= step and i % 2 == 0 else WRONG}" for i in range(n)]

    return policy_for(reply)


async def run(module, policy, **config):
    await policy.rollouts(policy.tree.root, 4, method="sample")
    policy.models.asked.clear()
    labels = await module.label(policy.tree, policy, module.Config(**config), Random(0), Experience())
    return next(labels[solution] for solution in labels if solution.text == CHAIN)


async def test_every_step_gets_k_rollouts_in_one_round():
    policy = slips_in(1)
    chain_labels = await run(math_shepherd, policy, k=4, confidence=0)
    assert policy.models.asked == [("s1\n", 4), ("s1\ns2\n", 4), ("s1\ns2\ns3\n", 4)]
    assert chain_labels.policy_calls == 12


async def test_hard_and_soft_estimates_stand_side_by_side():
    chain_labels = await run(math_shepherd, slips_in(2), k=4, confidence=0)
    assert [step.label for step in chain_labels.steps] == [1, 1, -1, -1]
    assert [step.mc_value for step in chain_labels.steps] == [0.5, 0.5, 0.0, 0.0]
    assert chain_labels.first_error == 2


async def test_a_prefix_with_rollouts_is_topped_up_only():
    policy = slips_in(1)
    await policy.rollouts(policy.tree.root, 4, method="sample")
    await policy.rollouts(policy.tree.solutions[0].leaf.path()[0], 3)
    policy.models.asked.clear()
    await math_shepherd.label(policy.tree, policy, math_shepherd.Config(k=4), Random(0), Experience())
    assert policy.models.asked[0] == ("s1\n", 1)


async def test_prefixes_that_two_solutions_share_are_measured_once():
    policy = slips_in(1)
    first = policy.models._reply
    twin = f"s1\ns2\nother\n{WRONG}"
    policy.models._reply = lambda prefix, n: [CHAIN, twin, RIGHT, RIGHT] if not prefix else first(prefix, n)
    await run(math_shepherd, policy, k=4)
    assert [prefix for prefix, _ in policy.models.asked] == ["s1\n", "s1\ns2\n", "s1\ns2\ns3\n", "s1\ns2\nother\n"]


async def test_correct_solutions_are_measured_on_demand():
    policy = policy_for(lambda prefix, n: [f"a{prefix.count(chr(10))}{i}\n{RIGHT}" for i in range(n)])
    await policy.rollouts(policy.tree.root, 2, method="sample")
    config = math_shepherd.Config(k=2, solutions="all")
    await math_shepherd.label(policy.tree, policy, config, Random(0), Experience())
    assert [n for _, n in policy.models.asked] == [2, 2, 2]


@pytest.mark.parametrize(
    ("step", "asked"),
    [
        (0, [("s1\n", 1)] * 4),
        (1, [("s1\n", 1), *[("s1\ns2\n", 1)] * 4]),
        (3, [("s1\n", 1), ("s1\ns2\n", 1), ("s1\ns2\ns3\n", 1)]),
    ],
)
async def test_a_scan_goes_on_at_the_first_success_and_ends_at_the_first_prefix_without(step, asked):
    policy = slips_in(step)
    chain_labels = await run(scan, policy, k=4, confidence=0)
    assert policy.models.asked == asked
    assert chain_labels.first_error == step
    assert chain_labels.policy_calls == len(asked)


async def test_scans_that_share_a_prefix_wait_for_each_other_and_pay_once():
    tries = iter([WRONG, RIGHT])

    def reply(prefix: str, n: int) -> list[str]:
        if not prefix:
            return [f"a\nb{i}\n{WRONG}" for i in range(n)]
        return [f"x\n{next(tries) if prefix == 'a' + chr(10) else WRONG}"]

    policy = policy_for(reply)
    await policy.rollouts(policy.tree.root, 4, method="sample")
    for node in policy.tree.nodes:
        node.trials = node.successes = node.requested = 0
    policy.models.asked.clear()
    labels = await scan.label(policy.tree, policy, scan.Config(k=2, confidence=0), Random(0), Experience())
    assert [n for prefix, n in policy.models.asked if prefix == "a\n"] == [1, 1]
    assert {labels[solution].first_error for solution in labels if solution.method == "sample"} == {1}


@pytest.mark.parametrize("module", [math_shepherd, scan])
@pytest.mark.parametrize("wrong", [{"k": 0}, {"confidence": 1.0}, {"max_solutions": -1}])
def test_impossible_settings_are_refused(module, wrong):
    with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
        module.Config(**wrong)


async def test_a_hard_question_gets_more_rollouts_per_step_than_an_easy_one():
    policy = slips_in(1)
    # Three of four samples are right: a rate of 4/6 needs 4 rollouts for .02. None of eight: 38, so 20, the most. Seven
    # of them have passed through the first step.
    await run(math_shepherd, policy, k=2, most_k=20, confidence=0)
    assert policy.models.asked[0] == ("s1\n", 4)
    unsolved = policy_for(lambda prefix, n: [CHAIN] * n if not prefix else [f"x{i}\n{WRONG}" for i in range(n)])
    await unsolved.rollouts(unsolved.tree.root, 4, method="sample")
    await run(math_shepherd, unsolved, k=2, most_k=20, confidence=0)
    assert unsolved.models.asked[0] == ("s1\n", 13)


async def test_how_hard_a_question_is_for_a_completer_is_asked_first():
    for answer, k in ((RIGHT, 4), (WRONG, 22)):
        roots = iter([[CHAIN] * 4, [f"t{i}\n{answer}" for i in range(4)]])
        policy = policy_for(lambda prefix, n, roots=roots: [f"x\n{WRONG}"] * n if prefix else next(roots))
        policy.tree.completer = "strong"
        # None of four right, a rate of 1/6, needs 22 rollouts for .02; four of four need no more than `k`.
        await run(math_shepherd, policy, k=4, most_k=32, confidence=0)
        assert policy.models.asked[:2] == [("", 4), ("s1\n", k)]
        assert set(policy.models.roles[1:]) == {"strong"}


async def test_a_step_that_halves_the_chances_is_wrong_by_relative_progress_only():
    # Three of four samples are right, every other rollout behind the first step.
    hard = await run(math_shepherd, slips_in(2), k=4, confidence=0)
    relative = await run(math_shepherd, slips_in(2), k=4, confidence=0, progress=0.8)
    assert [step.label for step in hard.steps] == [1, 1, -1, -1]
    assert [step.label for step in relative.steps] == [-1, -1, -1, -1]
