"""The filter language: what it reads, what it refuses, and that it says the same again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.browsing.filter import NAMED, SORTS, Filter, of_pairs, read
from factory.errors import BadInput


def test_nothing_asks_nothing() -> None:
    assert read("") == Filter()


def test_values_of_one_key_are_alternatives() -> None:
    assert read("verdict=incorrect&verdict=error").named == {"verdict": frozenset({"incorrect", "error"})}


def test_numbers_and_order_are_read() -> None:
    wanted = read("sure_below=0.8&sure_above=0.25&sort=-seconds")
    assert (wanted.sure_below, wanted.sure_above, wanted.sort, wanted.descending) == (0.8, 0.25, "seconds", True)


def test_steps_count_from_one_and_lose_leading_zeros() -> None:
    assert read("first_error=007").named["first_error"] == frozenset({"7"})


def test_names_may_hold_anything() -> None:
    assert read("level=a%26b%3D%22%F0%9F%98%80").named["level"] == frozenset({'a&b="😀'})


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("verdikt=correct", "verdikt"),
        ("__class__=x", "__class__"),
        ("first_error=0", "first_error"),
        ("first_error=-1", "first_error"),
        ("first_error=1e3", "first_error"),
        ("first_error=²", "first_error"),
        ("sure_below=2", "sure_below"),
        ("sure_below=nan", "sure_below"),
        ("sure_above=half", "sure_above"),
        ("pass=sometimes", "sometimes"),
        ("flawed=maybe", "maybe"),
        ("sort=id", "id"),
        ("sort=--seconds", "seconds"),
        ("nothing", "cannot be read"),
        ("level=%ff", "cannot be read"),
        ("&".join(["level=x"] * 201), "cannot be read"),
        ("level=" + "x" * 4_000, "4,006"),
    ],
)
def test_what_is_no_filter_is_one_sentence(text: str, word: str) -> None:
    with pytest.raises(BadInput, match=word):
        read(text)


@given(
    st.lists(
        st.one_of(
            st.tuples(st.sampled_from(["level", "source", "role", "failure", "part"]), st.text(max_size=12)),
            st.tuples(st.just("first_error"), st.integers(1, 300).map(str)),
            st.tuples(st.just("sort"), st.sampled_from([*SORTS, *(f"-{sort}" for sort in SORTS)])),
            st.tuples(st.just("sure_below"), st.integers(0, 100).map(lambda n: str(n / 100))),
        ),
        max_size=8,
    )
)
def test_what_it_says_is_read_as_the_same(pairs: list[tuple[str, str]]) -> None:
    pairs = [(key, value) for key, value in pairs if value.isprintable()]
    wanted = of_pairs(pairs)
    assert read(wanted.text) == wanted


def test_the_order_of_keys_makes_no_difference() -> None:
    assert read("level=1&verdict=error").text == read("verdict=error&level=1").text
    assert NAMED[0] == "verdict"
