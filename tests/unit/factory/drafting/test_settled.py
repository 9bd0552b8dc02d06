"""Ends of drafts: checked once, evidence for nothing, one choice at a time."""

import pytest
from support.fakes import RIGHT, WRONG, completion
from support.searches.scripted import scripted_policy

from factory.drafting.settled import choose, settle
from factory.drafting.steps import complete, graft, next_steps, plant
from factory.errors import PromptTooLong
from factory.rollouts.nodes import GIVEN, PROBE
from factory.types import LENGTH, POLICY, Outcome


async def drafts(*texts, **options):
    policy = scripted_policy({(POLICY, ""): texts}, **options)
    return policy, await complete(policy, policy.tree.root, len(texts), method="best_of_n")


async def test_settled_drafts_are_solutions_that_are_evidence_at_no_node() -> None:
    policy, leaves = await drafts(f"a\n{RIGHT}", f"a\n{WRONG}")
    right, wrong = await settle(policy, leaves, method="beam")
    assert [(one.outcome, one.method, one.independent, one.own) for one in (right, wrong)] == [
        (True, "beam", False, False),
        (False, "beam", False, False),
    ]
    assert not any(node.trials for node in policy.tree.nodes)
    assert (right.counted_at, policy.tree.solutions, policy.tree.correct) == (None, [right, wrong], 1)


async def test_a_draft_that_comes_twice_is_one_solution_and_a_settled_one_is_not_checked_again() -> None:
    policy, leaves = await drafts(RIGHT, WRONG, RIGHT)
    one, _, again = await settle(policy, leaves, method="beam")
    assert (one is again, one.occurrences, len(policy.models.checked)) == (True, 2, 2)
    assert await settle(policy, leaves, method="beam") == [one, policy.tree.solutions[1], one]
    assert (one.occurrences, len(policy.models.checked)) == (2, 2)


async def test_what_was_cut_off_or_is_open_has_no_outcome() -> None:
    policy, leaves = await drafts(completion(RIGHT, LENGTH))
    opened = graft(policy.tree, policy.tree.root, f"{RIGHT}\n", action="A1")
    for solution in await settle(policy, [*leaves, opened], method="beam"):
        assert (solution.finish_reason, solution.verdict.outcome, solution.outcome) == (LENGTH, Outcome.CORRECT, None)


async def test_a_draft_that_ended_with_nothing_more_is_the_solution_in_front_of_it() -> None:
    policy = scripted_policy({(POLICY, "2?"): [f"{RIGHT}\n"], (POLICY, RIGHT): [""]})
    [line] = await next_steps(policy, policy.tree.root, 1, method="beam")
    [ended] = await next_steps(policy, line, 1, method="beam")
    [solution] = await settle(policy, [ended], method="beam")
    assert (solution.leaf, solution.finish_reason) == (line, "stop")
    # Another one that differs in white space at its end is that solution.
    assert await settle(policy, [plant(policy, RIGHT, action="revise")], method="beam") == [solution]


async def test_a_sample_of_the_policy_stays_one_when_a_search_arrives_at_its_text() -> None:
    policy = scripted_policy({(POLICY, ""): [f"a\n{RIGHT}"]})
    [sample] = await policy.rollouts(policy.tree.root, 1, method="sample")
    leaf = plant(policy, f"a\n{RIGHT}", action="revise")
    assert await settle(policy, [leaf, leaf], method="beam") == [sample, sample]
    assert (sample.occurrences, sample.independent, sample.own, sample.method) == (1, True, True, "sample")


async def test_a_probe_of_a_labeller_whose_text_a_search_finds_is_to_be_labelled() -> None:
    policy = scripted_policy({(POLICY, ""): [f"a\n{RIGHT}"]})
    [probe] = await policy.rollouts(policy.tree.root, 1, method=PROBE)
    probe.sought, probe.labelled = False, True
    assert await settle(policy, [plant(policy, f"a\n{RIGHT}", action="step")], method="beam") == [probe]
    assert (probe.method, probe.sought, probe.labelled, probe.independent) == ("beam", True, False, False)


async def test_a_probe_that_became_a_guided_solution_says_of_itself_what_guided_ones_do() -> None:
    policy = scripted_policy({(POLICY, "2?"): ["a\n"], (POLICY, "a\n"): [f"b\n{RIGHT}"]})
    [step] = await next_steps(policy, policy.tree.root, 1, method="beam")
    [probe] = await policy.rollouts(step, 1, method=PROBE)
    assert (probe.start_depth, probe.counted_at) == (1, 1)
    leaf = plant(policy, f"a\nb\n{RIGHT}", action="step")
    assert await settle(policy, [leaf, leaf], method="beam") == [probe] * 2
    assert (probe.start_depth, probe.counted_at, probe.independent, probe.occurrences) == (0, None, False, 2)
    # The rollout is the evidence that it was.
    assert (step.trials, step.successes) == (1, 1)


async def test_a_rollout_behind_a_sampled_step_that_leaves_no_room_fails_nothing() -> None:
    policy = scripted_policy({(POLICY, "2?"): ["a\n"]})
    [step] = await next_steps(policy, policy.tree.root, 1, method="mcts")

    async def refuse(request, role=POLICY):
        raise PromptTooLong("no room")

    policy.models.generate = refuse
    assert await policy.rollouts(step, 2, method=PROBE) == []
    with pytest.raises(PromptTooLong):
        await policy.rollouts(policy.tree.root, 1, method=PROBE)


async def test_a_given_solution_that_a_search_writes_stays_given_and_says_who_wrote_it_too() -> None:
    policy, leaves = await drafts(RIGHT, WRONG)
    *_, untouched = given = await policy.adopt(RIGHT, WRONG, f"so\n{RIGHT}")
    assert [one.role for one in given] == ["", "", ""]
    assert await settle(policy, leaves, method="beam") == given[:2]
    assert [(one.method, one.role, one.occurrences, one.own) for one in given[:2]] == [(GIVEN, POLICY, 1, False)] * 2
    assert (untouched.role, len(policy.models.checked)) == ("", 3)


async def test_a_labellers_rollout_is_no_vote_for_a_guided_solution() -> None:
    policy, leaves = await drafts(RIGHT, RIGHT, RIGHT)
    [guided, _] = await settle(policy, leaves[:2], method="mcts")
    probe = policy.tree.add(policy.tree.root, [leaves[0].step], guided.verdict, finish_reason="stop", method=PROBE)
    assert (probe is guided, guided.occurrences, policy.tree.root.trials) == (True, 2, 1)


async def test_a_choice_that_somebody_else_had_written_takes_the_place_of_an_earlier_one() -> None:
    policy, leaves = await drafts(RIGHT, WRONG)
    [given] = await policy.adopt(RIGHT)
    given, other = await settle(policy, leaves, method="beam")
    for solution in (given, other, given):
        choose(policy.tree, solution)
        assert [one for one in policy.tree.solutions if one.selected] == [solution]
    assert given.method == GIVEN


async def test_one_solution_of_a_method_is_chosen_and_a_later_choice_takes_its_place() -> None:
    policy, leaves = await drafts(RIGHT, WRONG)
    one, other = await settle(policy, leaves, method="beam")
    choose(policy.tree, one, 0.5)
    choose(policy.tree, other)
    assert [(solution.selected, solution.score) for solution in (one, other)] == [(False, 0.5), (True, None)]


async def test_the_checker_is_asked_when_drafts_are_settled_and_not_before() -> None:
    policy, leaves = await drafts(RIGHT, sealed=True)
    with pytest.raises(AssertionError, match="gold answer was read"):
        await settle(policy, leaves, method="beam")
