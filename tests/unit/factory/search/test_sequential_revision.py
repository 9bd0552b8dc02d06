"""Revision chains: golden transcripts, written by hand."""

from __future__ import annotations

from random import Random

import pytest
from support.fakes import QUESTION, completion
from support.records import a_record, a_solution
from support.searches.scripted import scripted_policy, unseal_at_settling

from factory.contracts.roles import SCORE
from factory.drafting import conclusion
from factory.drafting.transcript import transcript
from factory.errors import PromptTooLong
from factory.formats import revisions
from factory.rollouts.policy import Policy
from factory.rollouts.prompting import load_prompt, render
from factory.search.sequential_revision import Config, roles, search
from factory.types import LENGTH, POLICY

FIRST = (POLICY, "What is 2 + 2?\nAnswer:\n")
FIVE, SIX, FOUR = (f"2 + 2 = {number}.\nThe answer is {number}." for number in (5, 6, 4))
WORDS = "Two and two.\nThe answer is 4."


def after(*attempts: str) -> tuple[str, str]:
    """The policy is asked for the attempt behind these."""
    return POLICY, f"Attempt {len(attempts)}:\n\n{attempts[-1]}\n\nAttempt {len(attempts) + 1}:\nAnswer:\n"


async def revised(script, monkeypatch, scores=None, **settings) -> Policy:
    policy = scripted_policy(script, scores, sealed=True)
    unseal_at_settling(monkeypatch, conclusion, policy)
    await search(policy.tree, policy, Config(**settings), Random(0))
    return policy


def story(policy: Policy) -> list[tuple[str, str, float | None, bool]]:
    return [
        (one.text, one.revises.text if one.revises else "", one.score, one.selected) for one in policy.tree.solutions
    ]


async def test_every_attempt_sees_those_before_it_and_all_have_a_vote(monkeypatch) -> None:
    # Chain 1: 5, 4, 4 in words. Chain 2: 6, 5, 5 again. So 5 has three votes of six, in one text; 4 has two.
    script = {
        FIRST: [FIVE, SIX],
        after(FIVE): [FOUR],
        after(FIVE, FOUR): [WORDS],
        after(SIX): [FIVE],
        after(SIX, FIVE): [FIVE],
    }
    policy = await revised(script, monkeypatch, chains=2, length=3)
    assert story(policy) == [
        (FIVE, "", 3.0, True),
        (FOUR, FIVE, 1.0, False),
        (WORDS, FOUR, 1.0, False),
        (SIX, "", 1.0, False),
    ]
    assert policy.tree.solutions[0].occurrences == 3
    shown = f"What is 2 + 2?\n\nAttempt 1:\n\n{FIVE}\n\nAttempt 2:\n\n{FOUR}\n\nAttempt 3:\nAnswer:\n"
    assert sum(request.prompt.endswith(shown) for request in policy.models.requests) == 1
    assert policy.tree.root.trials == 0


SCORES = {FOUR: 0.4, WORDS: 0.3, FIVE: 0.6, SIX: 0.5}


async def test_a_verifier_chooses_within_the_chains_and_then_among_them(monkeypatch) -> None:
    # Chain 1: 4 (.4), 4 in words (.3), 5 (.6): 4 weighs .7 against .6 and is sent as the better of its texts, with .4.
    # Chain 2: 6 (.5), 5 (.6), then nothing: it sends 5 with .6. Chain 3: 4 in words (.3), then nothing.
    # Among what was sent 4 has .4 + .3 = .7, and 5 has .6, although no attempt has a higher score than 5.
    script = {
        FIRST: [FOUR, SIX, WORDS],
        after(FOUR): [WORDS],
        after(FOUR, WORDS): [FIVE],
        after(SIX): [FIVE],
        after(SIX, FIVE): [" \n"],
        after(WORDS): [""],
    }
    policy = await revised(
        script, monkeypatch, lambda steps: [SCORES["".join(steps)]] * len(steps), chains=3, length=3, verifier="orm"
    )
    assert story(policy) == [
        (FOUR, "", 0.4, True),
        (WORDS, FOUR, 0.3, False),
        (FIVE, WORDS, 0.6, False),
        (SIX, "", None, False),
    ]
    assert roles(Config(verifier="orm")) == {"orm": SCORE}


async def test_where_the_verifier_can_read_nothing_votes_choose(monkeypatch) -> None:
    # Chain 1: 5, 4 and 4 in words, so 4 is sent. Chain 2: 6, then nothing. Chain 3: 4 in words.
    script = {FIRST: [FIVE, SIX, WORDS], after(FIVE): [FOUR], after(FIVE, FOUR): [WORDS], after(SIX): [""]}
    script[after(WORDS)] = [""]

    async def refuse(role, question, steps):
        raise PromptTooLong("too long")

    policy = scripted_policy(script)
    monkeypatch.setattr(policy.models, "score", refuse)
    await search(policy.tree, policy, Config(chains=3, length=3, verifier="orm"), Random(0))
    assert [one.text for one in policy.tree.solutions if one.selected] == [FOUR]


async def test_more_chains_are_asked_for_and_elect_together_with_the_others(monkeypatch) -> None:
    script = {FIRST: [FIVE, FOUR, FOUR], after(FIVE): [SIX], after(FOUR): [WORDS, FIVE]}
    policy = await revised(script, monkeypatch, chains=1, length=2)
    assert [one.text for one in policy.tree.solutions if one.selected] == [FIVE]
    policy.models.sealed = True
    # 4 has three votes now, 5 has two; 6 one.
    await search(policy.tree, policy, Config(chains=3, length=2), Random(0))
    assert story(policy) == [
        (FIVE, "", 2.0, False),
        (SIX, FIVE, 1.0, False),
        (FOUR, "", 2.0, True),
        (WORDS, FOUR, 1.0, False),
    ]
    assert len({request.seed for request in policy.models.requests}) == len(policy.models.requests)


async def test_an_attempt_that_was_cut_off_is_shown_and_has_no_vote(monkeypatch) -> None:
    cut = completion("2 + 2 = 5.\nThe answer is 5, or", LENGTH)
    policy = await revised({FIRST: [cut], after(cut.text): [FOUR]}, monkeypatch, chains=1, length=2)
    assert story(policy) == [(cut.text, "", None, False), (FOUR, cut.text, 1.0, True)]
    assert policy.tree.solutions[0].outcome is None


async def test_only_the_latest_attempts_are_shown_and_fewer_where_these_do_not_fit(monkeypatch) -> None:
    script = {FIRST: [FIVE], after(FIVE): [SIX], after(SIX): [FOUR], after(SIX, FOUR): [WORDS], after(FOUR): ["never"]}
    policy = scripted_policy(script)
    generate = policy.models.generate

    async def narrow(request, role=POLICY):
        if f"{FIVE}\n\nAttempt 2:\n\n{SIX}" in request.prompt:
            raise PromptTooLong("too long")
        return await generate(request, role)

    monkeypatch.setattr(policy.models, "generate", narrow)
    await search(policy.tree, policy, Config(chains=1, length=4, shown=2), Random(0))
    assert [one.text for one in policy.tree.solutions] == [FIVE, SIX, FOUR, WORDS]


async def test_a_question_that_is_too_long_itself_fails() -> None:
    policy = scripted_policy({})

    async def refuse(request, role=POLICY):
        raise PromptTooLong("too long")

    policy.models.generate = refuse
    with pytest.raises(PromptTooLong):
        await search(policy.tree, policy, Config(), Random(0))


def test_the_bare_prompt_is_what_the_export_trains_on() -> None:
    wrong = a_solution([("2 + 2 = 5.", None)], "incorrect")
    [row] = revisions.rows(a_record("What is 2 + 2?", [wrong, a_solution([("2 + 2 = 4.", None)])]))
    asked = render(load_prompt("revise_bare", "chat"), QUESTION, {"attempts": transcript([wrong["text"]])})
    assert asked == (("user", row["prompt"]),)
