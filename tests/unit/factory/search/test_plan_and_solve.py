"""Plans carried out part by part: golden transcripts, written by hand. Two bags of two; the critic has its own role."""

from __future__ import annotations

from random import Random

import pytest
from support.fakes import completion
from support.searches.scripted import scripted_policy, unseal_at_settling

from factory.contracts.roles import GENERATE
from factory.drafting import conclusion
from factory.errors import PromptTooLong
from factory.rollouts.policy import Policy
from factory.search.plan_and_solve import Config, roles, search
from factory.types import LENGTH, POLICY, Question

QUESTION = Question(text="What is 2 * 2 + 1?", gold="5")
PLAN = (POLICY, "What is 2 * 2 + 1?\nAnswer:\n")
LIST = "1. Multiply.\n2. Add 1."
RIGHT, WRONG = "Yes.\nVerdict: right", "2 * 2 = 4.\nVerdict: wrong"
ANSWER = "The answer is 5."


def part(name: str) -> tuple[str, str]:
    return POLICY, f"\n\nNow: {name}\nAnswer:\n"


def check(result: str) -> tuple[str, str]:
    return "critic", f"\n\nResult:\n{result}\nAnswer:\n"


def replan(why: str) -> tuple[str, str]:
    return POLICY, f"\nWhy: {why}\nAnswer:\n"


def answer(last: str) -> tuple[str, str]:
    return POLICY, f"{last}\nAnswer:\n"


DONE = "Add 1: 4 + 1 = 5."


async def solved(script, monkeypatch, **settings) -> Policy:
    policy = scripted_policy(script, question=QUESTION, sealed=True)
    unseal_at_settling(monkeypatch, conclusion, policy)
    await search(policy.tree, policy, Config(**{"critic": "critic", **settings}), Random(0))
    return policy


def written(policy: Policy, number: int = 0) -> list[tuple[str, str]]:
    """Steps of a solution with what they are."""
    path = policy.tree.solutions[number].leaf.path()
    return [(node.action, node.step.text) for node in path if node.step]


async def test_parts_are_solved_one_behind_the_other_and_what_is_left_is_planned_anew_where_one_fails(
    monkeypatch,
) -> None:
    script = {
        PLAN: [LIST],
        part("Multiply."): ["2 * 2 = 5."],
        check("2 * 2 = 5."): [WRONG],
        replan("2 * 2 = 4."): ["1. Multiply 2 by 2.\n2. Add 1."],
        part("Multiply 2 by 2."): ["2 * 2 = 4."],
        check("2 * 2 = 4."): [RIGHT],
        part("Add 1."): ["4 + 1 = 5."],
        check("4 + 1 = 5."): [RIGHT],
        answer(DONE): [ANSWER],
    }
    policy = await solved(script, monkeypatch)
    assert written(policy) == [
        ("plan", "Plan:\n1. Multiply.\n2. Add 1.\n"),
        ("solve", "Multiply: 2 * 2 = 5.\n"),
        ("reflect", "Check: 2 * 2 = 4.\n"),
        ("replan", "New plan:\n1. Multiply 2 by 2.\n2. Add 1.\n"),
        ("solve", "Multiply 2 by 2: 2 * 2 = 4.\n"),
        ("solve", "Add 1: 4 + 1 = 5.\n"),
        ("answer", "The answer is 5."),
    ]
    [solution] = policy.tree.solutions
    assert (solution.outcome, solution.selected, solution.independent, solution.finish_reason) == (
        True,
        True,
        False,
        "stop",
    )
    # A part sees what is settled, and no failed result.
    asked = next(request.prompt for request in policy.models.requests if request.prompt.endswith("Add 1.\nAnswer:\n"))
    assert asked.endswith("What is 2 * 2 + 1?\n\nSo far:\nMultiply 2 by 2: 2 * 2 = 4.\n\nNow: Add 1.\nAnswer:\n")
    assert policy.tree.root.searched == 1
    assert policy.tree.root.trials == 0


async def test_when_the_replans_are_used_up_results_are_taken_as_they_come(monkeypatch) -> None:
    script = {
        PLAN: ["1. Multiply."],
        part("Multiply."): ["2 * 2 = 5.", "2 * 2 = 6."],
        check("2 * 2 = 5."): [WRONG],
        # No list: the plan stays.
        replan("2 * 2 = 4."): ["Do it again.", "Again!"],
        answer("Multiply: 2 * 2 = 6."): ["The answer is 6."],
    }
    policy = await solved(script, monkeypatch, max_replans=1)
    assert [action for action, _ in written(policy)] == ["plan", "solve", "reflect", "replan", "solve", "answer"]
    assert policy.models.roles.count("critic") == 1


async def test_a_part_passes_where_most_tries_agree(monkeypatch) -> None:
    script = {
        PLAN: ["1. Multiply."],
        part("Multiply."): ["2 * 2 = 5.", "4, as 2 * 2 = 4.", "2 * 2 is 6.", "2 * 2 = 5.", "2 * 2 = 4.", "It is 4."],
        replan("tries disagree: 5, 4, 6"): ["1. Multiply."],
        answer("Multiply: 2 * 2 = 4."): ["The answer is 4."],
    }
    policy = await solved(script, monkeypatch, check="agreement")
    assert written(policy)[1:] == [
        ("solve", "Multiply: 2 * 2 = 5.\n"),
        ("reflect", "Check: tries disagree: 5, 4, 6\n"),
        ("replan", "New plan:\n1. Multiply.\n"),
        ("solve", "Multiply: 2 * 2 = 4.\n"),
        ("answer", "The answer is 4."),
    ]


async def test_what_is_no_plan_twice_writes_no_solution_and_the_other_plans_answer(monkeypatch) -> None:
    script = {
        PLAN: ["Let us see.", "2. Add 1.", "1. Just count."],
        part("Just count."): ["1, 2, 3, 4, 5."],
        answer("Just count: 1, 2, 3, 4, 5."): [ANSWER],
    }
    policy = await solved(script, monkeypatch, n=2, check="none")
    assert [action for action, _ in written(policy)] == ["plan", "solve", "answer"]
    assert policy.tree.root.searched == 2


async def test_several_plans_vote_and_more_are_asked_for(monkeypatch) -> None:
    script = {
        PLAN: ["1. Guess.", "1. Count.", "1. Multiply."],
        part("Guess."): ["6."],
        part("Count."): ["5."],
        part("Multiply."): ["4 + 1 = 5."],
        answer("Guess: 6."): ["The answer is 6."],
        answer("Count: 5."): [ANSWER],
        answer("Multiply: 4 + 1 = 5."): [ANSWER],
    }
    policy = await solved(script, monkeypatch, check="none")
    assert [one.verdict.answer for one in policy.tree.solutions if one.selected] == ["6"]
    policy.models.sealed = True
    await search(policy.tree, policy, Config(n=3, check="none"), Random(0))
    assert [one.leaf.path()[0].step.text for one in policy.tree.solutions if one.selected] == ["Plan:\n1. Count.\n"]
    assert len(policy.tree.solutions) == 3


async def test_a_result_that_was_cut_off_is_asked_for_once_more(monkeypatch) -> None:
    cut = completion("2 * 2 = 4, bec", LENGTH)
    script = {PLAN: ["1. Multiply."], part("Multiply."): [cut, "4."], answer("Multiply: 4."): [ANSWER]}
    assert ("solve", "Multiply: 4.\n") in written(await solved(script, monkeypatch, check="none"))
    script = {PLAN: ["1. Multiply."], part("Multiply."): [cut, cut]}
    assert (await solved(script, monkeypatch, check="none")).tree.solutions == []


async def test_a_result_stands_where_the_critic_gives_no_verdict(monkeypatch) -> None:
    script = {PLAN: ["1. Multiply."], part("Multiply."): ["4."], check("4."): ["Hm.", "Hm?"]}
    policy = await solved({**script, answer("Multiply: 4."): [ANSWER]}, monkeypatch)
    assert [action for action, _ in written(policy)] == ["plan", "solve", "answer"]


async def test_an_objection_without_words_is_one(monkeypatch) -> None:
    script = {
        PLAN: ["1. Multiply."],
        part("Multiply."): ["5.", "4."],
        check("5."): ["Verdict: wrong"],
        replan("that is wrong"): ["1. Multiply."],
        answer("Multiply: 4."): [ANSWER],
    }
    policy = await solved(script, monkeypatch, max_replans=1)
    assert ("reflect", "Check: that is wrong\n") in written(policy)


async def test_an_answer_that_was_cut_off_is_unjudged_and_has_no_vote(monkeypatch) -> None:
    cut = completion("The answer is 5 be", LENGTH)
    script = {PLAN: ["1. Multiply."], part("Multiply."): ["4."], answer("Multiply: 4."): [cut]}
    [solution] = (await solved(script, monkeypatch, check="none")).tree.solutions
    assert (solution.outcome, solution.selected, solution.finish_reason) == (None, False, LENGTH)


async def test_what_the_critic_cannot_read_passes_and_a_plan_without_room_writes_nothing(monkeypatch) -> None:
    script = {PLAN: ["1. Multiply."], part("Multiply."): ["4."], answer("Multiply: 4."): [ANSWER]}
    for piece, solutions in (("\n\nResult:\n4.", 1), ("\n\nNow: Multiply.\nAnswer:\n", 0)):
        policy = scripted_policy(script, question=QUESTION)
        generate = policy.models.generate

        async def narrow(request, role=POLICY, *, generate=generate, piece=piece):
            if piece in request.prompt:
                raise PromptTooLong("too long")
            return await generate(request, role)

        monkeypatch.setattr(policy.models, "generate", narrow)
        await search(policy.tree, policy, Config(), Random(0))
        assert len(policy.tree.solutions) == solutions


def test_the_critic_is_a_role_where_it_checks() -> None:
    assert roles(Config(critic="critic")) == {"critic": GENERATE}
    assert roles(Config(critic="critic", check="agreement")) == {}


@pytest.mark.parametrize("settings", [{"check": "hope"}, {"samples": 1}, {"max_parts": 0}, {"max_replans": -1}])
def test_settings_that_make_no_sense_are_refused(settings) -> None:
    with pytest.raises(ValueError, match=r"expected|at least"):
        Config(**settings)
