"""Samples that end behind a separator: exact text and ids, the last token whole."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.rollouts.until import cut_behind, is_open, separator
from factory.tokens import Tokens
from factory.types import LENGTH, Completion, Sampling


def of(*pieces: str, finish_reason: str = "stop") -> Completion:
    """Completion of one token per piece."""
    ends, at = [], 0
    for piece in pieces:
        at += len(piece)
        ends.append(at)
    return Completion(
        text="".join(pieces), token_ids=Tokens(range(len(pieces))), token_ends=Tokens(ends), finish_reason=finish_reason
    )


def test_a_sample_ends_with_the_token_that_completes_the_separator() -> None:
    cut = cut_behind(of("one", "\n", "two", "\n", finish_reason=LENGTH), ("\n",))
    assert (cut.text, tuple(cut.token_ids), tuple(cut.token_ends)) == ("one\n", (0, 1), (3, 4))
    assert (cut.finish_reason, cut.sampled_tokens) == ("stop", 2)
    assert is_open(cut, ("\n",))


def test_a_token_of_several_separators_is_kept_whole() -> None:
    cut = cut_behind(of("one", "\n\n", "two"), ("\n",))
    assert (cut.text, tuple(cut.token_ids)) == ("one\n\n", (0, 1))


@pytest.mark.parametrize("last", ["\n  ", ".\n", "\n- "])
def test_a_token_that_reaches_into_the_next_step_stays_whole(last: str) -> None:
    cut = cut_behind(of("one", last, "two"), ("\n",))
    assert (cut.text, tuple(cut.token_ids), cut.sampled_tokens) == ("one" + last, (0, 1), 2)
    assert is_open(cut, ("\n",))


def test_the_tokens_of_one_character_stay_together() -> None:
    whole = Completion(text="a。é b", token_ids=(1, 2, 3, 4, 5, 6), token_ends=(1, 2, 2, 3, 3, 5), finish_reason="stop")
    assert tuple(cut_behind(whole, ("。",)).token_ids) == (1, 2, 3)


@pytest.mark.parametrize("stopped_by", ["\n", "Q:", "x", 7, None])
def test_only_a_separator_is_put_back(stopped_by: object) -> None:
    assert separator(Sampling(until=("\n",), stop=("Q:",)), stopped_by) == ("\n" if stopped_by == "\n" else "")
    assert separator(Sampling(until=("\n",), stop=("\n", "Q:")), stopped_by) == ""


def test_what_holds_no_separator_has_ended_the_whole_solution() -> None:
    whole = of("one", " two")
    assert cut_behind(whole, ("\n",)) is whole
    assert cut_behind(of("one\n"), ()).text == "one\n"
    assert not is_open(whole, ("\n",))
    assert not is_open(of("one\n"), ())
    assert not is_open(of("one\n", finish_reason=LENGTH), ("\n",))


def test_a_text_without_ids_is_cut_by_its_characters() -> None:
    bare = replace(of("one\ntwo"), token_ids=(), token_ends=(), sampled_tokens=9)
    assert cut_behind(bare, ("\n",)).text == "one\n"
    assert cut_behind(bare, ("\n",)).sampled_tokens == 9


@given(st.lists(st.text("ab\n", min_size=1, max_size=3), max_size=12), st.sampled_from([("\n",), ("\n\n",)]))
def test_any_cut_sample_is_a_beginning_whose_ids_spell_it(pieces: list[str], until: tuple[str, ...]) -> None:
    whole = of(*pieces)
    cut = cut_behind(whole, until)
    assert whole.text.startswith(cut.text)
    assert is_open(cut, until) == any(one in whole.text for one in until)
    first = min((whole.text.find(one) + len(one) for one in until if one in whole.text), default=len(whole.text))
    assert len(cut.text) >= first
    assert "".join(pieces[: len(cut.token_ids)]) == cut.text
