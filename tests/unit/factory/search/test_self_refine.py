"""Self-refinement: golden transcripts, written by hand. The critic has a role of its own."""

from __future__ import annotations

import asyncio
from random import Random

import pytest
from support.fakes import completion
from support.searches.scripted import scripted_policy, unseal_at_settling

from factory.drafting import conclusion
from factory.errors import BadInput, PromptTooLong
from factory.rollouts.policy import Policy
from factory.search.self_refine import Config, search
from factory.types import LENGTH, POLICY

FIRST = (POLICY, "What is 2 + 2?\nAnswer:\n")
FIVE, SIX, FOUR = (f"2 + 2 = {number}.\nThe answer is {number}." for number in (5, 6, 4))
WORDS = "Two and two.\nThe answer is 4."
NOT_FIVE, NOT_SIX, YES = "2 + 2 is not 5.\nVerdict: wrong", "Nor 6.\nVerdict: wrong", "So it is.\nVerdict: right"


def of(attempt: str) -> tuple[str, str]:
    """The critic reads this attempt."""
    return "critic", f"\n\nAttempt:\n{attempt}\nAnswer:\n"


def rewriting(number: int) -> tuple[str, str]:
    """The policy is asked for attempt `number`."""
    return POLICY, f"\n\nAttempt {number}:\nAnswer:\n"


async def refined(script, monkeypatch, **settings) -> Policy:
    policy = scripted_policy(script, sealed=True)
    unseal_at_settling(monkeypatch, conclusion, policy)
    await search(policy.tree, policy, Config(**{"critic": "critic", **settings}), Random(0))
    return policy


def story(policy: Policy) -> list[tuple[str, str, str, bool]]:
    """Words of every solution, which it revises, the critique between, and whether it is the answer."""
    return [
        (one.text, one.revises.text if one.revises else "", one.critique, one.selected) for one in policy.tree.solutions
    ]


async def test_a_chain_is_criticised_and_rewritten_until_the_critic_is_content(monkeypatch) -> None:
    # 5 is wrong, 6 is wrong, 4 is right: two rewritings of the three that it might have had.
    script = {
        FIRST: [FIVE],
        of(FIVE): [NOT_FIVE],
        rewriting(2): [SIX],
        of(SIX): [NOT_SIX],
        rewriting(3): [FOUR],
        of(FOUR): [YES],
    }
    policy = await refined(script, monkeypatch)
    assert policy.models.roles == [POLICY, "critic", POLICY, "critic", POLICY, "critic"]
    assert story(policy) == [(FIVE, "", "", False), (SIX, FIVE, NOT_FIVE, False), (FOUR, SIX, NOT_SIX, True)]
    assert [[(one.text, one.right, one.role) for one in solution.critiques] for solution in policy.tree.solutions] == [
        [(NOT_FIVE, False, "critic")],
        [(NOT_SIX, False, "critic")],
        [(YES, True, "critic")],
    ]
    # The last rewriting has seen everything.
    shown = f"Attempt 1:\n\n{FIVE}\n\nCritique 1:\n\n{NOT_FIVE}\n\nAttempt 2:\n\n{SIX}\n\nCritique 2:\n\n{NOT_SIX}"
    assert policy.models.requests[4].prompt.endswith(f"What is 2 + 2?\n\n{shown}\n\nAttempt 3:\nAnswer:\n")
    assert policy.tree.root.trials == 0
    assert not any(solution.independent for solution in policy.tree.solutions)


async def test_a_wrong_answer_that_the_critic_likes_ends_the_chain(monkeypatch) -> None:
    policy = await refined({FIRST: [FIVE], of(FIVE): [YES]}, monkeypatch)
    assert story(policy) == [(FIVE, "", "", True)]


async def test_chains_end_after_so_many_rewritings_and_vote_with_their_last_attempts(monkeypatch) -> None:
    # Chain 1: 5, then 4. Chains 2 and 3: 6, which their critics like. Two of three votes are for 6.
    script = {
        FIRST: [FIVE, SIX, SIX],
        of(FIVE): [NOT_FIVE],
        of(SIX): [YES, YES],
        rewriting(2): [FOUR],
    }
    policy = await refined(script, monkeypatch, n=3, max_rounds=1)
    assert story(policy) == [(FIVE, "", "", False), (FOUR, FIVE, NOT_FIVE, False), (SIX, "", "", True)]
    assert [solution.score for solution in policy.tree.solutions] == [None, 1.0, 2.0]


async def test_more_chains_are_asked_for_and_all_vote_again(monkeypatch) -> None:
    script = {FIRST: [FIVE, FOUR, FOUR], of(FIVE): [YES], of(FOUR): [YES, YES]}
    policy = await refined(script, monkeypatch)
    assert [one.text for one in policy.tree.solutions if one.selected] == [FIVE]
    policy.models.sealed = True
    await search(policy.tree, policy, Config(n=3, critic="critic"), Random(0))
    assert [(one.text, one.score) for one in policy.tree.solutions if one.selected] == [(FOUR, 2.0)]
    seeds = [request.seed for request in policy.models.requests]
    assert len(set(seeds)) == len(seeds)


async def test_a_verdict_that_cannot_be_read_is_asked_for_once_more_and_is_then_no_approval(monkeypatch) -> None:
    said = ["Looks right to me.", "Verdict: right\nVerdict: wrong"]
    policy = await refined({FIRST: [FIVE], of(FIVE): said, rewriting(2): [FOUR]}, monkeypatch, max_rounds=1)
    assert story(policy) == [(FIVE, "", "", False), (FOUR, FIVE, said[1], True)]
    assert policy.tree.solutions[0].critiques[0].right is None
    # The first reply is the likeliest one, the second is drawn.
    assert [request.sampling.temperature for request in policy.models.requests] == [0.7, 0.0, 0.7, 0.7]


async def test_a_chat_model_may_criticise_what_a_base_model_writes(monkeypatch) -> None:
    script = {FIRST: [FIVE], ("critic", FIVE): [NOT_FIVE], rewriting(2): [FOUR]}
    policy = await refined(script, monkeypatch, max_rounds=1, critic_style="chat")
    first, criticising, last = (request.prompt for request in policy.models.requests)
    assert (type(first), type(last)) == (str, str)
    assert criticising[-1] == ("user", f"What is 2 + 2?\n\nAttempt:\n{FIVE}")


@pytest.mark.parametrize("reply", [completion(YES, LENGTH), "verdict: right, I think", f"{YES}\nOr not."])
async def test_a_verdict_counts_in_the_last_line_of_a_whole_reply_only(monkeypatch, reply) -> None:
    script = {FIRST: [FIVE], of(FIVE): [reply, reply], rewriting(2): [FOUR]}
    assert len((await refined(script, monkeypatch, max_rounds=1)).tree.solutions) == 2


async def test_an_attempt_that_was_cut_off_is_rewritten_whatever_the_critic_says_and_has_no_vote(monkeypatch) -> None:
    cut = completion("2 + 2 = 4.\nThe ans", LENGTH)
    script = {FIRST: [cut], of(cut.text): [YES], rewriting(2): [cut]}
    policy = await refined(script, monkeypatch, max_rounds=1)
    [solution] = policy.tree.solutions
    assert (solution.outcome, solution.selected, solution.revises) == (None, False, None)


async def test_an_attempt_that_comes_again_revises_nothing(monkeypatch) -> None:
    # 5, 4, and 5 again: had the last one another predecessor, the solutions would go round in a circle.
    script = {
        FIRST: [FIVE],
        of(FIVE): [NOT_FIVE],
        rewriting(2): [FOUR],
        of(FOUR): ["It is 5.\nVerdict: wrong"],
        rewriting(3): [FIVE],
    }
    policy = await refined(script, monkeypatch, max_rounds=2)
    assert story(policy) == [(FIVE, "", "", True), (FOUR, FIVE, NOT_FIVE, False)]


async def test_attempts_that_do_not_fit_are_left_out_the_oldest_first(monkeypatch) -> None:
    script = {FIRST: [FIVE], of(FIVE): [NOT_FIVE], rewriting(2): [SIX, FOUR], of(SIX): [NOT_SIX]}
    policy = scripted_policy(script)
    generate = policy.models.generate

    async def narrow(request, role=POLICY):
        if "Attempt 3:" in request.prompt:
            raise PromptTooLong("too long")
        return await generate(request, role)

    monkeypatch.setattr(policy.models, "generate", narrow)
    await search(policy.tree, policy, Config(critic="critic", max_rounds=2), Random(0))
    assert [text for text, *_ in story(policy)] == [FIVE, SIX, FOUR]
    assert policy.models.requests[-1].prompt.endswith(
        f"What is 2 + 2?\n\nAttempt 1:\n\n{SIX}\n\nCritique 1:\n\n{NOT_SIX}\n\nAttempt 2:\nAnswer:\n"
    )


@pytest.mark.parametrize("piece", ["\n\nAttempt:\n", "Attempt 2:"])
async def test_a_chain_that_does_not_fit_ends_with_what_it_has(monkeypatch, piece: str) -> None:
    policy = scripted_policy({FIRST: [FIVE], of(FIVE): [NOT_FIVE]})
    generate = policy.models.generate

    async def narrow(request, role=POLICY):
        if piece in request.prompt.rsplit("What is 2 + 2?")[-1]:
            raise PromptTooLong("too long")
        return await generate(request, role)

    monkeypatch.setattr(policy.models, "generate", narrow)
    await search(policy.tree, policy, Config(critic="critic"), Random(0))
    assert story(policy) == [(FIVE, "", "", True)]


async def test_chains_enter_the_tree_in_their_order_whichever_ends_first(monkeypatch) -> None:
    script = {FIRST: [FIVE, SIX], of(FIVE): [NOT_FIVE], of(SIX): [NOT_SIX], rewriting(2): [WORDS, FOUR]}
    policy = scripted_policy(script)
    generate = policy.models.generate

    async def slow(request, role=POLICY):
        # The first chain's critic takes his time, so the second chain gets the first rewriting.
        for _ in range(9 if request.prompt.endswith(of(FIVE)[1]) else 0):
            await asyncio.sleep(0)
        return await generate(request, role)

    monkeypatch.setattr(policy.models, "generate", slow)
    await search(policy.tree, policy, Config(n=2, critic="critic", max_rounds=1), Random(0))
    assert [text for text, *_ in story(policy)] == [FIVE, FOUR, SIX, WORDS]


def test_a_prompt_without_its_places_is_refused_before_a_run(tmp_path) -> None:
    path = tmp_path / "critique.txt"
    path.write_text("[user]\n{question}\n")
    with pytest.raises(BadInput, match=r"\{attempt\}"):
        Config(critique_prompt=str(path))
