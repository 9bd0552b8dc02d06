"""Sizes, beginnings and numbers of units agree with each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.shards.unit_sizes import UNITS_EACH, UnitSizes
from factory.shards.units import cut
from factory.types import Question

SIZES = st.builds(lambda first, doublings: UnitSizes(first, first << doublings), st.integers(1, 20), st.integers(0, 6))


@given(SIZES, st.integers(0, 8 * UNITS_EACH))
def test_a_unit_begins_where_the_one_before_ends(sizes: UnitSizes, index: int) -> None:
    assert sizes.begins(0) == 0
    assert sizes.begins(index + 1) == sizes.begins(index) + sizes.of(index)
    assert sizes.first <= sizes.of(index) <= sizes.of(index + 1) <= sizes.most


@given(SIZES, st.integers(1, 10_000_000))
def test_the_last_unit_holds_the_last_question(sizes: UnitSizes, questions: int) -> None:
    last = sizes.units(questions) - 1
    assert sizes.begins(last) < questions <= sizes.begins(last + 1)
    assert sizes.begins(last) + sizes.size_in(last, questions) == questions
    assert sizes.size_in(last + 1, questions) == 0


def test_ten_million_questions_are_some_ten_thousand_units_and_few_are_units_of_sixteen() -> None:
    sizes = UnitSizes.growing(10_000)
    assert sizes == UnitSizes(16, 512)
    assert sizes.units(10_000_000) == 36_044
    assert sizes.units(1000) == 63
    assert sizes.questions(range(63), 1000) == 1000
    assert UnitSizes.growing(200) == UnitSizes(16, 128)
    assert UnitSizes.growing(1) == UnitSizes(16)


def test_cutting_follows_the_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("factory.shards.unit_sizes.UNITS_EACH", 2)
    questions = [Question(text=f"q{number}", gold="1") for number in range(15)]
    assert [len(unit.questions) for unit in cut(questions, UnitSizes(1, 4), "f")] == [1, 1, 2, 2, 4, 4, 1]


@pytest.mark.parametrize(("first", "most"), [(0, 0), (-1, -1), (16, 8), (16, 48), (16, 17)])
def test_other_numbers_are_refused(first: int, most: int) -> None:
    with pytest.raises(ValueError, match="power of two"):
        UnitSizes(first, most)
