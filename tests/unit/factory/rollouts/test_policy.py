"""Rollouts: how they are asked for, checked, counted and paid."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from support.fakes import RIGHT, WRONG, completion, policy_for

from factory.errors import PromptTooLong, QuestionFailed
from factory.rollouts.cost import Cost
from factory.rollouts.nodes import PROBE
from factory.rollouts.together import together
from factory.types import LENGTH, POLICY, Outcome, PartVerdict, Sampling, Verdict


async def test_rollouts_come_back_checked_and_hang_in_the_tree():
    policy = policy_for(lambda prefix, n: [f"a\n{RIGHT}", f"b\n{WRONG}"])
    right, wrong = await policy.rollouts(policy.tree.root, 2)
    assert (right.outcome, wrong.outcome) == (True, False)
    assert policy.tree.root.mc_value == 0.5


async def test_a_continuation_is_asked_with_the_exact_prefix_tokens():
    policy = policy_for(lambda prefix, n: [RIGHT if prefix else f"a\nb\n{WRONG}"])
    [rollout] = await policy.rollouts(policy.tree.root, 1)
    await policy.rollouts(rollout.leaf.path()[1], 1)
    assert policy.models.requests[1].prefix == tuple(map(ord, "a\nb\n"))


async def test_an_engine_without_token_ids_is_sent_the_exact_text() -> None:
    """Engine like `engine.kind=http` where a server takes text only."""
    bare = replace(completion("Add.\n2 + 2 = 4.\nThe answer is 4"), token_ids=(), token_ends=(), sampled_tokens=9)
    policy = policy_for(lambda prefix, n: [bare] if not prefix else [replace(bare, text="2 is 2.\nThe answer is 5")])
    [solution] = await policy.rollouts(policy.tree.root, 1, method="sample")
    assert [node.key for node in solution.leaf.path()] == ["Add.\n", "2 + 2 = 4.\n", "The answer is 4"]
    [other] = await policy.rollouts(solution.leaf.path()[0], 1)
    request = policy.models.requests[-1]  # type: ignore[attr-defined]
    assert (request.prefix_text, request.prefix) == ("Add.\n", ())
    assert (other.text, other.is_wrong) == ("Add.\n2 is 2.\nThe answer is 5", True)
    assert (solution.leaf.path()[0].trials, policy.cost.completion_tokens) == (1, 18)


async def test_the_whole_solution_is_checked_not_the_continuation_alone():
    policy = policy_for(lambda prefix, n: ["and so it is done." if prefix else f"{WRONG}\nnot yet."])
    [rollout] = await policy.rollouts(policy.tree.root, 1)
    [continued] = await policy.rollouts(rollout.leaf.path()[0], 1)
    assert continued.verdict.answer is not None


async def test_what_a_search_asked_for_is_counted_apart_from_probes():
    policy = policy_for(lambda prefix, n: [RIGHT] * n)
    await policy.rollouts(policy.tree.root, 3, method="sample")
    await policy.rollouts(policy.tree.root, 2)
    assert (policy.tree.root.requested, policy.tree.root.searched) == (5, 3)


async def test_asking_for_none_asks_nobody():
    policy = policy_for(lambda prefix, n: [])
    assert await policy.rollouts(policy.tree.root, 0) == []
    assert policy.models.asked == []


async def test_every_request_has_its_own_seed_whatever_the_order():
    policy = policy_for(lambda prefix, n: [RIGHT])
    for _ in range(3):
        await policy.rollouts(policy.tree.root, 1)
    again = policy_for(lambda prefix, n: [RIGHT])
    for _ in range(3):
        await again.rollouts(again.tree.root, 1)
    seeds = [request.seed for request in policy.models.requests]
    assert len(set(seeds)) == 3
    assert seeds == [request.seed for request in again.models.requests]


async def test_the_bill_counts_completions_and_reads_a_prompt_once():
    policy = policy_for(lambda prefix, n: [RIGHT] * n)
    await policy.rollouts(policy.tree.root, 4)
    assert policy.cost.policy_calls == 4
    assert policy.cost.prompt_tokens == 10
    assert policy.cost.completion_tokens == 4 * len(RIGHT)


async def test_an_engine_may_say_how_often_it_read_the_prompt_and_which_sample_is_a_copy():
    one = replace(completion(RIGHT), read_tokens=10, cached_tokens=4)
    copy = replace(one, read_tokens=0, cached_tokens=0, sampled_tokens=0)
    policy = policy_for(lambda prefix, n: [one, one, copy])
    await policy.rollouts(policy.tree.root, 3)
    cost = policy.cost
    assert (cost.policy_calls, cost.prompt_tokens, cost.cached_tokens) == (3, 20, 8)
    assert cost.completion_tokens == 2 * len(RIGHT)


@pytest.mark.parametrize("fails", ["generate", "check"])
async def test_what_was_paid_is_counted_also_where_the_model_or_the_checker_fails(fails):
    policy = policy_for(lambda prefix, n: [RIGHT] * n)
    error = QuestionFailed("gone")
    error.spent = (10, 0, len(RIGHT))

    async def failing(*asked):
        raise error

    setattr(policy.models, fails, failing)
    with pytest.raises(QuestionFailed):
        await policy.rollouts(policy.tree.root, 1)
    assert (policy.cost.prompt_tokens, policy.cost.completion_tokens) == (10, len(RIGHT))
    assert policy.cost.policy_calls == (fails == "check")


async def test_a_cut_off_rollout_is_counted_apart():
    policy = policy_for(lambda prefix, n: [completion(WRONG, "length")])
    [rollout] = await policy.rollouts(policy.tree.root, 1)
    assert policy.cost.truncated == 1
    assert rollout.outcome is None


@pytest.mark.parametrize(
    ("text", "stands", "reason", "outcome"),
    [
        (RIGHT, True, "answered", True),
        (WRONG, True, "answered", False),
        (WRONG, False, "length", None),
        ("no answer", True, "length", None),
    ],
)
async def test_a_cut_off_rollout_whose_answer_stands_is_evidence(text, stands, reason, outcome):
    policy = policy_for(lambda prefix, n: [completion(f"a\n{text}", "length")])
    check = policy.models.check

    async def checked(question, text):
        return replace(await check(question, text), stands=stands)

    policy.models.check = checked
    [rollout] = await policy.rollouts(policy.tree.root, 1)
    assert (rollout.finish_reason, rollout.outcome) == (reason, outcome)
    assert (policy.tree.root.trials, policy.cost.truncated) == (int(outcome is not None), 1)
    [(ending, _)] = await policy.endings("b\n", 1, "sample")
    assert ending.finish_reason == reason


async def test_a_rollout_that_came_to_its_end_stays_one():
    policy = policy_for(lambda prefix, n: [RIGHT])
    check = policy.models.check

    async def checked(question, text):
        return replace(await check(question, text), stands=True)

    policy.models.check = checked
    [rollout] = await policy.rollouts(policy.tree.root, 1)
    assert rollout.finish_reason == "stop"


async def test_adopted_solutions_are_checked_and_hang_in_the_tree_step_by_step():
    policy = policy_for(lambda prefix, n: [])
    wrong, right = await policy.adopt(f"a\nb\n{WRONG}", f"a\n{RIGHT}")
    assert (wrong.outcome, right.outcome) == (False, True)
    assert [node.step.text for node in wrong.leaf.path()] == ["a\n", "b\n", WRONG]
    assert wrong.leaf.path()[0] is right.leaf.path()[0]
    assert policy.tree.solutions == [wrong, right]


async def test_adopting_asks_no_engine_and_counts_for_nothing():
    policy = policy_for(lambda prefix, n: [])
    await policy.adopt(f"a\n{WRONG}")
    assert await policy.adopt() == []
    assert policy.models.asked == []
    assert policy.cost == Cost()
    assert not any(node.trials for node in policy.tree.nodes)


async def test_an_adopted_prefix_is_continued_as_text_then_as_the_tokens_sampled_behind_it():
    policy = policy_for(lambda prefix, n: [f"x\n{WRONG}"])
    [rollout] = await policy.adopt(f"a\nb\n{WRONG}")
    [behind] = await policy.rollouts(rollout.leaf.path()[1], 1)
    await policy.rollouts(behind.leaf.parent, 1)
    asked = [(request.prefix_text, request.prefix) for request in policy.models.requests]
    assert asked == [("a\nb\n", ()), ("a\nb\n", tuple(map(ord, "x\n")))]
    assert behind.text == f"a\nb\nx\n{WRONG}"


async def test_a_given_prefix_too_long_for_the_model_is_left_alone_and_the_question_goes_on():
    def reply(prefix: str, n: int) -> list[str]:
        raise PromptTooLong("no room")

    policy = policy_for(reply)
    [given] = await policy.adopt(f"a\n{WRONG}")
    assert await policy.rollouts(given.leaf.path()[0], 2) == []
    with pytest.raises(PromptTooLong):
        await policy.rollouts(policy.tree.root, 2)


async def test_an_adopted_text_that_is_sampled_later_is_one_solution():
    policy = policy_for(lambda prefix, n: [f"a\n{WRONG}"])
    [given] = await policy.adopt(f"a\n{WRONG}")
    assert await policy.rollouts(policy.tree.root, 1, method="sample") == [given]
    assert (given.occurrences, given.probes) == (2, 0)
    assert (policy.tree.root.trials, policy.tree.root.successes) == (1, 0)
    await policy.rollouts(policy.tree.root, 1)
    assert (given.occurrences, given.probes) == (2, 1)


async def test_rollouts_enter_the_tree_in_the_order_of_asking_whoever_is_answered_first():
    policy = policy_for(lambda prefix, n: [WRONG if prefix else f"a\nb\n{RIGHT}"])
    [rollout] = await policy.rollouts(policy.tree.root, 1)
    first, second = rollout.leaf.path()[:2]
    generate = policy.models.generate

    async def late(request, role):
        await asyncio.sleep(0.01 if len(request.prefix) == len("a\n") else 0)
        return await generate(request, role)

    policy.models.generate = late
    [one], [two] = await together(policy.rollouts(node, 1) for node in (first, second))
    assert policy.tree.solutions[1:] == [one, two]


@pytest.mark.parametrize(("again", "finish"), [("2 + 2 = 5. ", "length"), ("", "answered")], ids=["loop", "none"])
async def test_an_answer_in_front_of_a_loop_is_no_evidence(again, finish):
    text = f"The answer is 5.\n{again * 200}"
    policy = policy_for(lambda prefix, n: [completion(text, LENGTH)])
    check = policy.models.check

    async def stands(question, text):
        return replace(await check(question, "The answer is 5."), stands=True)

    policy.models.check = stands
    [rollout] = await policy.rollouts(policy.tree.root, 1)
    assert (rollout.finish_reason, rollout.outcome) == (finish, None if again else False)


async def test_a_text_that_begins_within_a_thought_is_judged_once_an_engine_has_said_so():
    replies = ["2 + 2 = 5? The answer is 5.", "Yes.\n</think>\n\nThe answer is 4."]
    policy = policy_for(lambda prefix, n: [replace(completion(text), begun=True) for text in replies])
    cut, right = await policy.rollouts(policy.tree.root, 2)
    assert (cut.verdict.reason, cut.outcome, right.outcome) == ("still thinking at its end", None, True)


async def test_parts_of_a_verdict_are_places_in_the_whole_text():
    policy = policy_for(lambda prefix, n: [f"<think>\nHm.\n</think>\n\n{RIGHT}"])

    async def check(question, text):
        part = PartVerdict(outcome=Outcome.CORRECT, start=0, end=len(text))
        return Verdict(outcome=Outcome.CORRECT, parts=(part,))

    policy.models.check = check
    [rollout] = await policy.rollouts(policy.tree.root, 1)
    [part] = rollout.verdict.parts
    assert rollout.text[part.start : part.end] == RIGHT


async def test_a_completer_gets_no_setting_that_its_engine_may_lack() -> None:
    policy = policy_for(lambda _, n: [RIGHT] * n)
    policy.sampling = Sampling(min_p=0.1, repetition_penalty=1.1, thinking_token_budget=9, temperature=0.4)
    policy.tree.completer = "completer"
    await policy.rollouts(policy.tree.root, 1)
    await policy.endings("So", 1, PROBE)
    await policy.rollouts(policy.tree.root, 1, "sample")
    assert policy.models.roles == ["completer", "completer", POLICY]
    assert [request.sampling for request in policy.models.requests] == [
        Sampling(temperature=0.4),
        Sampling(temperature=0.4),
        policy.sampling,
    ]
