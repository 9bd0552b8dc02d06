"""Growing of drafts: one step at a time, whole continuations, texts of another prompt."""

import asyncio
from dataclasses import replace

import pytest
from support.fakes import RIGHT, WRONG, completion
from support.searches.scripted import scripted_policy

from factory.drafting.steps import complete, graft, next_steps, plant
from factory.errors import PromptTooLong
from factory.rollouts.together import together
from factory.types import LENGTH, POLICY, Sampling


def texts(nodes):
    return [(node.step.text, node.finish) for node in nodes]


async def test_steps_come_one_at_a_time_with_their_exact_tokens_until_the_solution_ends() -> None:
    policy = scripted_policy({(POLICY, "2?"): ["a\nb\n", "c\n", "a\n"], (POLICY, "a\n"): ["b\nx", RIGHT]})
    first = await next_steps(policy, policy.tree.root, 3, method="beam", action="A1")
    assert texts(first) == [("a\n", ""), ("c\n", ""), ("a\n", "")]
    assert first[0] is first[2]
    second = await next_steps(policy, first[0], 2, method="beam")
    assert texts(second) == [("b\n", ""), (RIGHT, "stop")]
    assert (first[0].action, second[0].action, policy.tree.root.searched, first[0].searched) == ("A1", "step", 3, 2)
    request = policy.models.requests[1]
    assert (request.prefix, request.prefix_text, request.sampling.until) == (tuple(map(ord, "a\n")), "", ("\n",))
    assert (policy.cost.policy_calls, policy.tree.solutions) == (5, [])
    assert not any(node.trials for node in policy.tree.nodes)


async def test_an_empty_line_is_no_step_but_the_beginning_of_one() -> None:
    policy = scripted_policy({(POLICY, "2?"): ["\n"], (POLICY, "2?\nAnswer:\n\n"): ["\n"], (POLICY, "\n\n\n"): ["a\n"]})
    [node] = await next_steps(policy, policy.tree.root, 1, method="beam")
    assert node.step.text == "\n\na\n"
    assert tuple(node.step.token_ids) == tuple(map(ord, "\n\na\n"))


async def test_a_model_that_ends_behind_an_empty_line_has_ended() -> None:
    """Base models write one before the next question, which is a stop string."""
    policy = scripted_policy({(POLICY, "2?"): [f"{RIGHT}\n"], (POLICY, RIGHT): ["\n"], (POLICY, f"{RIGHT}\n\n"): [""]})
    [line] = await next_steps(policy, policy.tree.root, 1, method="beam")
    [ended] = await next_steps(policy, line, 1, method="beam")
    assert (ended.parent, ended.text, ended.finish) == (line, f"{RIGHT}\n", "stop")


async def test_a_model_that_writes_empty_lines_for_ever_has_been_cut_off() -> None:
    policy = scripted_policy({(POLICY, ""): ["\n"] * 10})
    [node] = await next_steps(policy, policy.tree.root, 1, method="beam")
    assert (node.text, node.finish, len(policy.models.requests)) == ("", LENGTH, 4)


async def test_a_draft_that_ends_with_nothing_more_has_a_child_without_text_and_others_go_on() -> None:
    policy = scripted_policy({(POLICY, "2?"): [f"{RIGHT}\n"], (POLICY, RIGHT): ["", "so\n"]})
    [line] = await next_steps(policy, policy.tree.root, 1, method="beam")
    ended, goes_on = await next_steps(policy, line, 2, method="beam", action="A1")
    assert (ended.parent, ended.text, ended.finish, line.finish) == (line, f"{RIGHT}\n", "stop", "")
    assert ended.action == "A1"
    assert (goes_on.step.text, goes_on.finish) == ("so\n", "")
    with pytest.raises(ValueError, match="has ended here"):
        await next_steps(policy, ended, 1, method="beam")


async def test_a_stop_string_that_two_steps_hold_together_ends_the_draft() -> None:
    policy = scripted_policy({(POLICY, "2?"): ["a\n"], (POLICY, "a\n"): ["Q: x\n"]})
    sampling = Sampling(stop=("\nQ:",))
    [node] = await next_steps(policy, policy.tree.root, 1, method="beam", sampling=sampling)
    [ended] = await next_steps(policy, node, 1, method="beam", sampling=sampling)
    assert (ended.text, ended.finish) == ("a\n", "stop")


async def test_a_step_that_reaches_the_token_limit_ends_its_draft_as_cut_off() -> None:
    policy = scripted_policy({(POLICY, ""): ["abcdef\n"]})
    [node] = await next_steps(policy, policy.tree.root, 1, method="beam", sampling=Sampling(max_tokens=3))
    assert texts([node]) == [("abc", LENGTH)]


async def test_behind_a_regular_expression_whole_completions_are_cut_at_their_first_step() -> None:
    policy = scripted_policy({(POLICY, ""): ["one. two. three", "one. ", "one"]}, separator=r"\. ")
    nodes = await next_steps(policy, policy.tree.root, 3, method="beam")
    assert texts(nodes) == [("one. ", ""), ("one. ", "stop"), ("one", "stop")]
    assert nodes[0] is not nodes[1]


async def test_a_context_without_room_for_more_is_an_end_and_only_a_bare_question_fails() -> None:
    policy = scripted_policy({(POLICY, "2?"): ["a\n"]})
    [node] = await next_steps(policy, policy.tree.root, 1, method="beam")

    async def full(request, role=POLICY):
        raise PromptTooLong("full")

    policy.models.generate = full
    assert texts(await next_steps(policy, node, 2, method="beam")) == [("", LENGTH)] * 2
    assert texts(await complete(policy, node, 1, method="beam")) == [("", LENGTH)]
    with pytest.raises(PromptTooLong):
        await next_steps(policy, policy.tree.root, 1, method="beam")


async def test_whole_continuations_end_in_leaves_that_nobody_has_checked() -> None:
    policy = scripted_policy({(POLICY, ""): [f"a\n{RIGHT}", f"a\n{WRONG}\n", f"a\n{RIGHT}", completion("b", LENGTH)]})
    leaves = await complete(policy, policy.tree.root, 4, method="best_of_n")
    assert [(leaf.text, leaf.finish) for leaf in leaves] == [
        (f"a\n{RIGHT}", "stop"),
        (f"a\n{WRONG}\n", "stop"),
        (f"a\n{RIGHT}", "stop"),
        ("b", LENGTH),
    ]
    assert leaves[0] is leaves[2]
    assert (policy.models.checked, policy.tree.root.searched, leaves[0].tokens) == ([], 4, len(RIGHT))


async def test_another_role_gets_and_gives_text_and_is_not_counted_as_the_policy() -> None:
    policy = scripted_policy({(POLICY, "2?"): ["a\n"], ("helper", "a\n"): [f"b\n{RIGHT}"]})
    [node] = await next_steps(policy, policy.tree.root, 1, method="rstar")
    [leaf] = await complete(policy, node, 1, method="rstar", role="helper")
    request = policy.models.requests[-1]
    assert (policy.models.roles[-1], request.prefix_text, request.prefix) == ("helper", "a\n", ())
    assert [tuple(behind.step.token_ids) for behind in leaf.path()[1:]] == [(), ()]
    assert (policy.cost.policy_calls, leaf.tokens) == (1, len(RIGHT))


async def test_the_text_of_another_prompt_is_continued_as_text() -> None:
    policy = scripted_policy({(POLICY, "2?"): ["a\n"], (POLICY, "so?\n"): [f"b\n{RIGHT}"]})
    [node] = await next_steps(policy, policy.tree.root, 1, method="rstar")
    asked = graft(policy.tree, node, "What is so?\n", action="A3")
    assert (asked.action, asked.finish, graft(policy.tree, node, "What is so?\n", action="A4") is asked) == (
        "A3",
        "",
        True,
    )
    await next_steps(policy, asked, 1, method="rstar")
    request = policy.models.requests[-1]
    assert (request.prefix_text, request.prefix) == ("a\nWhat is so?\n", ())
    ended = graft(policy.tree, asked, RIGHT, action="A2", finish="stop")
    assert (ended.finish, ended.text) == ("stop", f"a\nWhat is so?\n{RIGHT}")


def test_a_whole_text_of_another_prompt_is_cut_into_steps() -> None:
    policy = scripted_policy({})
    leaf = plant(policy, f"a\nb\n{RIGHT}", action="revise")
    assert [(node.step.text, node.action) for node in leaf.path()] == [
        ("a\n", "revise"),
        ("b\n", "revise"),
        (RIGHT, "revise"),
    ]
    assert plant(policy, f"a\nb\n{RIGHT}", action="revise") is leaf


async def test_equal_calls_have_equal_seeds_and_further_ones_of_a_node_others() -> None:
    async def seeds():
        policy = scripted_policy({(POLICY, ""): ["a\n"] * 9})
        root = policy.tree.root
        await next_steps(policy, root, 1, method="m")
        await next_steps(policy, root, 1, method="m")
        await next_steps(policy, root, 1, method="m", action="A5")
        await complete(policy, root, 1, method="m")
        await policy.write("prompt", "critique:1")
        await policy.write("prompt", "critique:2")
        return [request.seed for request in policy.models.requests]

    assert await seeds() == await seeds()
    assert len(set(await seeds())) == 6


async def test_tokens_of_an_empty_line_without_ids_are_continued_as_text() -> None:
    bare = replace(completion("\n"), token_ids=(), token_ends=(), sampled_tokens=1)
    policy = scripted_policy({(POLICY, "2?"): [bare], (POLICY, "2?\nAnswer:\n\n"): ["a\n"]})
    [node] = await next_steps(policy, policy.tree.root, 1, method="beam")
    assert (policy.models.requests[1].prefix_text, node.step.text, node.step.token_ids) == ("\n", "\na\n", ())


async def test_drafts_enter_the_tree_in_the_order_of_asking_whoever_is_answered_first() -> None:
    policy = scripted_policy({(POLICY, "2?"): ["a\n", f"b\n{RIGHT}", "c\n"]})
    generate = policy.models.generate
    waits = iter([0.02, 0.01, 0.0])

    async def late(request, role=POLICY):
        replies = await generate(request, role)
        await asyncio.sleep(next(waits))
        return replies

    policy.models.generate = late
    root = policy.tree.root
    await together([grow(policy, root, 1, method="rstar") for grow in (next_steps, complete, next_steps)])
    assert [node.text for node in root.children] == ["a\n", "b\n", "c\n"]
