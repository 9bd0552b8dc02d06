"""Batches by tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.scoring.batches import batches, next_batch

LENGTHS = st.lists(st.integers(1, 500), max_size=60)
TOKENS, ROWS = st.integers(1, 2000), st.integers(1, 20)


def test_texts_of_like_length_go_together_and_a_long_one_alone() -> None:
    assert batches([10, 900, 12, 11, 9], max_tokens=40, max_rows=9) == [[1], [2, 3, 0], [4]]


def test_no_batch_has_more_rows_than_it_may() -> None:
    assert batches([5] * 5, max_tokens=1000, max_rows=2) == [[0, 1], [2, 3], [4]]


@given(LENGTHS, TOKENS, ROWS)
def test_every_text_is_in_one_batch_that_holds_no_more_than_it_may(lengths: list[int], tokens: int, rows: int) -> None:
    cut = batches(lengths, tokens, rows)
    assert sorted(number for batch in cut for number in batch) == list(range(len(lengths)))
    for batch in cut:
        assert len(batch) <= rows
        longest, shortest = (of(lengths[number] for number in batch) for of in (max, min))
        assert len(batch) == 1 or len(batch) * longest <= tokens
        assert longest < 2 * shortest or longest == shortest


@given(LENGTHS.filter(bool), TOKENS, ROWS)
def test_whoever_waits_longest_is_in_the_next_batch(lengths: list[int], tokens: int, rows: int) -> None:
    assert 0 in next_batch(lengths, tokens, rows)


@pytest.mark.parametrize("lengths", [[100, 1, 1, 1], [1, 100, 1, 1]])
def test_a_long_text_costs_its_own_batch_alone(lengths: list[int]) -> None:
    assert sorted(map(len, batches(lengths, max_tokens=120, max_rows=8))) == [1, 3]
