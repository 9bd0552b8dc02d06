"""Tests of Bayesian bisection on small trees: where it probes, when it stops, what it never pays for."""

from __future__ import annotations

from random import Random
from statistics import mean

import pytest
from support.fakes import CHAIN, RIGHT, STEPS, WRONG, completion, of_chain, policy_for, slips_in

from factory.labelling.experience import Experience
from factory.labelling.step_labels import SolutionLabels
from factory.rollouts.nodes import Solution
from factory.supervision.bayes_bisection import Config, label


async def run(policy, config: Config | None = None, samples: int = 8) -> dict[Solution, SolutionLabels]:
    await policy.rollouts(policy.tree.root, samples, method="sample")
    policy.models.asked.clear()
    return await label(policy.tree, policy, config or Config(), Random(0), Experience())


def depths_asked(policy) -> list[int]:
    return [prefix.count("\n") for prefix, _ in policy.models.asked if CHAIN.startswith(prefix)]


@pytest.mark.parametrize("step", range(STEPS))
async def test_the_planted_first_error_is_found_wherever_it_is(step):
    policy = slips_in(step)
    chain_labels = of_chain(await run(policy, Config(max_solutions=1, confidence=0.9)))
    assert chain_labels.first_error == step
    assert [s.label for s in chain_labels.steps] == [1] * step + [-1] * (STEPS - step)


async def test_it_looks_on_both_sides_of_the_error_and_stops_there():
    policy = slips_in(3)
    chain_labels = of_chain(await run(policy, Config(max_solutions=1, confidence=0.9)))
    asked = depths_asked(policy)
    assert asked[0] in (3, 4, 5, 6)
    assert {3, 4} <= set(asked)
    assert len(asked) == chain_labels.policy_calls < STEPS * 2


async def test_rollouts_made_before_are_not_paid_again():
    fresh, spared = slips_in(3), slips_in(3)
    await run(fresh, Config(max_solutions=1))
    await spared.rollouts(spared.tree.root, 8, method="sample")
    path = spared.tree.solutions[0].leaf.path()
    await spared.rollouts(path[2], 8)
    await spared.rollouts(path[3], 8)
    spared.models.asked.clear()
    labels = await label(spared.tree, spared, Config(max_solutions=1), Random(0), Experience())
    assert of_chain(labels).first_error == 3
    assert len(spared.models.asked) < len(fresh.models.asked) / 2


async def test_equal_wishes_of_two_solutions_are_one_rollout():
    twin = CHAIN.replace("s6", "other")
    policy = slips_in(2)
    first = policy.models._reply
    policy.models._reply = lambda prefix, n: [twin, *first(prefix, n)[:-1]] if not prefix else first(prefix, n)
    labels = await run(policy, Config(max_solutions=2))
    assert of_chain(labels).first_error == of_chain(labels, twin).first_error == 2
    assert policy.cost.policy_calls - 8 == of_chain(labels).policy_calls + of_chain(labels, twin).policy_calls
    assert of_chain(labels).policy_calls < of_chain(labels, twin).policy_calls  # the twin came first and paid for most


async def test_several_probes_of_a_round_leave_together_and_differ():
    policy = slips_in(3)
    await run(policy, Config(max_solutions=1, probes_per_round=4))
    first_round = policy.models.asked[:2]
    assert sum(n for _, n in policy.models.asked) % 4 == 0
    assert first_round[0][0] != first_round[1][0]


async def test_a_policy_that_repeats_its_texts_is_no_riddle():
    """Continue with the chain itself, or with the one right solution: no text is new."""
    right = CHAIN.replace("s3", "r3").replace(WRONG, RIGHT)
    coin = Random(1)

    def reply(prefix: str, n: int) -> list[str]:
        def one() -> str:
            if prefix.count("\n") > 3 and CHAIN.startswith(prefix):
                return CHAIN.removeprefix(prefix)
            return coin.choice([CHAIN, right]).removeprefix(prefix)

        return [CHAIN, right, *(one() for _ in range(n - 2))] if not prefix else [one() for _ in range(n)]

    policy = policy_for(reply)
    chain_labels = of_chain(await run(policy, Config(confidence=0.9)))
    assert chain_labels.first_error == 3
    assert chain_labels.policy_calls <= 24


async def test_a_fork_that_decides_everything_is_no_contradiction():
    def reply(prefix: str, n: int) -> list[str]:
        if not prefix:
            lost = [f"b\nx{i}\ny\n{WRONG}" for i in range(16)]
            return [f"a\nq\nr\n{WRONG}", *lost, *(f"a\nx{i}\ny\n{RIGHT}" for i in range(n - 17))]
        return [
            f"z{i}\n{RIGHT if prefix in ('a' + chr(10), 'a' + chr(10) + 'q' + chr(10)) else WRONG}" for i in range(n)
        ]

    policy = policy_for(reply)
    chain_labels = of_chain(await run(policy, Config(confidence=0.9, max_solutions=1), samples=32), f"a\nq\nr\n{WRONG}")
    assert not chain_labels.contradicted
    assert chain_labels.first_error == 2


async def test_given_solutions_of_an_unsolved_question_are_still_looked_at():
    policy = policy_for(lambda prefix, n: [f"x{i}\n{RIGHT if prefix else WRONG}" for i in range(n)])
    await policy.adopt(CHAIN)
    labels = await run(policy, Config(confidence=0.9))
    assert policy.models.asked
    assert of_chain(labels).first_error == STEPS - 1


async def test_a_question_the_policy_cannot_do_costs_nothing():
    policy = policy_for(lambda prefix, n: [f"a{i}\nb\nc\nd\ne\nf\ng\n{WRONG}" for i in range(n)])
    labels = await run(policy, samples=32)
    assert policy.models.asked == []
    assert all(each.first_error is None for each in labels.values())


async def test_a_one_step_wrong_solution_costs_no_probe():
    policy = policy_for(lambda prefix, n: [WRONG] + [RIGHT] * (n - 1))
    labels = await run(policy)
    assert policy.models.asked == []
    assert of_chain(labels, WRONG).first_error == 0


async def test_nobody_pays_more_than_the_budget():
    policy = slips_in(3)
    chain_labels = of_chain(await run(policy, Config(max_solutions=1, max_probes=3, confidence=0.999)))
    assert len(policy.models.asked) == chain_labels.policy_calls <= 3


async def test_a_budget_that_ends_inside_a_round_is_kept():
    policy = slips_in(3)
    config = Config(max_solutions=1, max_probes=10, probes_per_round=4)
    assert of_chain(await run(policy, config)).policy_calls == sum(n for _, n in policy.models.asked) == 10


async def test_prefixes_that_lead_to_cut_off_rollouts_only_are_left_alone():
    def reply(prefix: str, n: int):
        if not prefix:
            return [CHAIN] + [f"t{i}\n{RIGHT}" for i in range(n - 1)]
        return [completion("x", "length")] * n

    policy = policy_for(reply)
    chain_labels = of_chain(await run(policy))
    assert chain_labels.first_error is None
    assert len(policy.models.asked) <= 4 * STEPS
    assert all(step.label in (None, -1) for step in chain_labels.steps)


async def test_evidence_that_fits_nothing_ends_the_search_and_is_marked():
    def reply(prefix: str, n: int):
        if not prefix:
            return [CHAIN] + [f"t{i}\n{RIGHT}" for i in range(n - 1)]
        return [f"x\n{RIGHT if prefix.count(chr(10)) % 2 else WRONG}"] * n

    policy = policy_for(reply)
    await policy.rollouts(policy.tree.root, 8, method="sample")
    for node in policy.tree.solutions[0].leaf.path()[:-1]:
        await policy.rollouts(node, 16)
    policy.models.asked.clear()
    chain_labels = of_chain(await label(policy.tree, policy, Config(max_solutions=1), Random(0), Experience()))
    assert chain_labels.contradicted
    assert chain_labels.first_error is None
    assert policy.models.asked == []


async def test_tokens_can_be_weighed_so_that_late_prefixes_are_preferred():
    by_call, by_token = slips_in(5), slips_in(5)
    await run(by_call, Config(max_solutions=1))
    await run(by_token, Config(max_solutions=1, per_token=1))
    assert mean(depths_asked(by_token)) > mean(depths_asked(by_call))


async def test_correct_solutions_are_labelled_and_not_probed():
    policy = policy_for(lambda prefix, n: [f"a{i}\n{RIGHT}" for i in range(n)])
    labels = await run(policy)
    assert policy.models.asked == []
    assert {each.first_error for each in labels.values()} == {-1}


@pytest.mark.parametrize(
    "wrong",
    [
        {"confidence": 1.0},
        {"probes_per_round": 0},
        {"probes_per_round": "many"},
        {"most_probes_per_round": 0},
        {"max_probes": -1},
        {"per_token": 2.0},
        {"confidence": 0.0},
    ],
)
def test_impossible_settings_are_refused_with_what_was_got(wrong):
    with pytest.raises(ValueError, match=str(next(iter(wrong.values())))):
        Config(**wrong)
