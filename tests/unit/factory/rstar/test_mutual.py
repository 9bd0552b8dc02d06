"""Mutual consistency: beginnings of candidates, and what agreeing is."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fakes import completion
from support.searches.scripted import scripted_policy

from factory.drafting.ballot import Ballot
from factory.drafting.steps import plant
from factory.rstar.mutual import Check, agreements, beginning

TEN = "one two three\nfour five six seven\n\neight nine ten"


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.2, "one two"), (0.3, "one two three"), (0.4, "one two three\nfour"), (0.01, "one"), (0.99, TEN[:-4])],
)
def test_a_beginning_is_a_share_of_the_words(share: float, text: str) -> None:
    assert beginning(TEN, share) == text


@given(st.text(), st.floats(0.01, 0.99))
def test_a_beginning_leaves_something_to_complete(text: str, share: float) -> None:
    start = beginning(text, share)
    assert text.startswith(start)
    assert text[len(start) :].strip() or not start


def test_a_completion_agrees_where_it_reaches_the_answer() -> None:
    """Four completions: one right, one wrong, one without an answer, one cut off behind the right one."""
    replies = [" is x.", " is y.", " was.", completion(" is X.", "length")]
    policy = scripted_policy({("judge", "The answer"): replies})
    leaf = plant(policy, "The answer is X.", action="A2")
    ballot = Ballot(policy)
    ballot.add(leaf)
    check = Check(role="judge", shares=[0.5, 0.51, 0.52, 0.53], min_agree=1)
    assert asyncio.run(agreements(policy, [leaf], ballot, check)) == {leaf: 1}
    assert {request.prefix_text for request in policy.models.requests} == {"The answer"}  # type: ignore[attr-defined]
    assert len({request.seed for request in policy.models.requests}) == 4  # type: ignore[attr-defined]
