"""Budget of attempts split by estimated difficulty: golden transcripts and the split itself, worked out by hand."""

from __future__ import annotations

from random import Random

import pytest
from support.searches.scripted import scripted_policy, unseal_at_settling

from factory.drafting import conclusion
from factory.rollouts.policy import Policy
from factory.search.compute_optimal import Config, search, share_of, split
from factory.types import POLICY

FIRST = (POLICY, "What is 2 + 2?\nAnswer:\n")
FIVE, SIX, FOUR = (f"2 + 2 = {number}.\nThe answer is {number}." for number in (5, 6, 4))
REVISION = (POLICY, "\n\nAttempt 2:\nAnswer:\n")


async def solved(script, monkeypatch, scores=None, **settings) -> Policy:
    policy = scripted_policy(script, scores, sealed=True)
    unseal_at_settling(monkeypatch, conclusion, policy)
    await search(policy.tree, policy, Config(**settings), Random(0))
    return policy


def lengths(policy: Policy) -> list[str]:
    """Requests that were made, one by one: samples, or a revision behind so many attempts."""
    requests = policy.models.requests
    return [
        f"{request.prompt.rsplit('What is 2 + 2?')[-1].count('Attempt ') - 1} shown"
        if "Attempt" in request.prompt
        else f"{request.n} samples"
        for request in requests
    ]


async def test_an_easy_question_is_revised_in_one_chain(monkeypatch) -> None:
    # Four of four agree: ease 1, the first bin, one chain. Of 6 attempts 4 are the pilot, 2 revise the first of them.
    script = {FIRST: [FOUR] * 4, REVISION: [FIVE], (POLICY, "\n\nAttempt 3:\nAnswer:\n"): [FOUR]}
    policy = await solved(script, monkeypatch, n=6)
    assert lengths(policy) == ["4 samples", "1 shown", "2 shown"]
    assert [(one.text, one.score, one.selected) for one in policy.tree.solutions] == [
        (FOUR, 5.0, True),
        (FIVE, 1.0, False),
    ]


async def test_a_hard_question_is_sampled_and_revised_in_balance(monkeypatch) -> None:
    # Four answers, so ease .25: the fourth bin, 16 ** .5 = 4 attempts to a chain. 4 chains, 12 revisions.
    tries = [f"The answer is {number}." for number in (4, 5, 6, 7)]
    rest = {(POLICY, f"\n\nAttempt {number}:\nAnswer:\n"): [FIVE] * 4 for number in (2, 3, 4)}
    policy = await solved({FIRST: tries, **rest}, monkeypatch)
    assert sorted(lengths(policy)) == sorted(["4 samples", *(["1 shown", "2 shown", "3 shown"] * 4)])
    assert [(one.text, one.score) for one in policy.tree.solutions if one.selected] == [(FIVE, 12.0)]


async def test_more_chains_than_the_pilot_has_are_begun_with_further_samples(monkeypatch) -> None:
    # No two agree, so ease .5 of 2: the third bin, here all in parallel.
    policy = await solved({FIRST: [FOUR, FIVE, SIX, FOUR]}, monkeypatch, n=4, pilot=2, sequential=[1, 1, 0, 0, 0])
    assert lengths(policy) == ["2 samples", "2 samples"]
    assert policy.tree.root.searched == 4


async def test_a_verifiers_mean_score_is_the_ease(monkeypatch) -> None:
    # .9 and .3: mean .6, the second bin, one chain; though the samples agree.
    scores = {"5.": 0.3, "4.": 0.9}
    policy = await solved({FIRST: [FOUR, FIVE], REVISION: [SIX]}, monkeypatch, scores, n=3, pilot=2, verifier="prm")
    assert lengths(policy) == ["2 samples", "1 shown"]
    # 6 scores .5, so the first chain sends 4 with .9; the second sends 5 with .3.
    assert [one.text for one in policy.tree.solutions if one.selected] == [FOUR]


async def test_samples_without_an_answer_are_no_agreement(monkeypatch) -> None:
    policy = await solved({FIRST: ["Hm."] * 2, REVISION: [FOUR]}, monkeypatch, n=3, pilot=2)
    # Ease 0 is the last bin: 3 ** .5 = 1.7 attempts to a chain make 2 chains, the first with the one revision.
    assert lengths(policy) == ["2 samples", "1 shown"]
    assert [one.text for one in policy.tree.solutions if one.selected] == [FOUR]


@pytest.mark.parametrize(
    ("n", "pilot", "share", "expected"),
    [
        (16, 4, 1.0, [13, 1, 1, 1]),
        (16, 4, 0.75, [7, 7, 1, 1]),  # 8 attempts to a chain: 2 chains
        (16, 4, 0.5, [4, 4, 4, 4]),
        (16, 4, 0.0, [1] * 16),
        (10, 2, 0.5, [4, 3, 3]),
        (4, 4, 1.0, [1, 1, 1, 1]),
        (1, 1, 0.5, [1]),
    ],
)
def test_the_budget_is_spent_exactly(n: int, pilot: int, share: float, expected: list[int]) -> None:
    assert split(n, pilot, share) == expected
    assert sum(expected) == n


async def test_a_budget_below_the_pilot_is_spent_on_samples(monkeypatch) -> None:
    policy = await solved({FIRST: [FOUR, FIVE]}, monkeypatch, n=2)
    assert lengths(policy) == ["2 samples"]


def test_the_bins_are_looked_up_from_the_easiest_on() -> None:
    config = Config(ease=[0.8, 0.5], sequential=[1.0, 0.25])
    assert [share_of(config, ease) for ease in (1.0, 0.8, 0.7, 0.5, 0.1)] == [1.0, 1.0, 0.25, 0.25, 0.25]


@pytest.mark.parametrize(
    "settings",
    [{"pilot": 0}, {"n": 0}, {"ease": [0.5]}, {"ease": [0.1, 0.2, 0.3, 0.4, 0.5]}, {"sequential": [2, 1, 1, 1, 1]}],
)
def test_settings_that_make_no_sense_are_refused(settings) -> None:
    with pytest.raises(ValueError, match=f"^{next(iter(settings))} "):
        Config(**settings)
