"""The edit distance is that of the table it does without, and the nearest is the nearest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.edit_distance import edit_distance, nearest

TEXTS = st.text("ab \U0001f600", max_size=70)  # longer than a machine word, few characters: many ways to align


def by_table(one: str, other: str) -> int:
    row = list(range(len(other) + 1))
    for place, character in enumerate(one, start=1):
        before, row = row, [place]
        for column, there in enumerate(other):
            row.append(min(row[-1] + 1, before[column + 1] + 1, before[column] + (character != there)))
    return row[-1]


@given(TEXTS, TEXTS)
def test_it_is_what_the_table_says(one: str, other: str) -> None:
    assert edit_distance(one, other) == by_table(one, other)


@pytest.mark.parametrize(("one", "other", "distance"), [("kitten", "sitting", 3), ("", "ab", 2), ("a", "a", 0)])
def test_known_distances(one: str, other: str, distance: int) -> None:
    assert edit_distance(one, other) == edit_distance(other, one) == distance


@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=5))
def test_the_nearest_is_the_first_of_the_smallest_distance(text: str, others: list[str]) -> None:
    distances = [by_table(text, other) for other in others]
    assert nearest(text, others) == distances.index(min(distances))


def test_nothing_is_nearest_of_nothing() -> None:
    with pytest.raises(ValueError, match="at least one text"):
        nearest("a", [])
