"""Packing loses nothing and fits; the order of the rows is a permutation per epoch."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.training_data.batches import collate, packed_rows, padded_length, padded_rows, row_order
from actors.training_data.packing import packed
from actors.training_data.tokens import IGNORED, Example

CAPACITY = 64
LENGTHS = st.lists(st.integers(1, CAPACITY), max_size=80)


def example(length: int) -> Example:
    return Example(ids=tuple(range(1, length + 1)), labels=(IGNORED, *range(2, length + 1)))


@given(LENGTHS)
def test_every_example_is_in_exactly_one_bin_and_no_bin_overflows(lengths: list[int]) -> None:
    bins = packed(lengths, CAPACITY)
    assert sorted(index for items in bins for index in items) == list(range(len(lengths)))
    assert all(items and sum(lengths[index] for index in items) <= CAPACITY for items in bins)


@given(LENGTHS)
def test_no_two_bins_could_have_been_one(lengths: list[int]) -> None:
    sizes = sorted(sum(lengths[index] for index in items) for items in packed(lengths, CAPACITY))
    assert len(sizes) < 2 or sizes[0] + sizes[1] > CAPACITY


def test_an_example_longer_than_a_bin_is_refused() -> None:
    with pytest.raises(ValueError, match="65 tokens"):
        packed([3, 65], CAPACITY)


@given(LENGTHS.filter(bool), st.booleans())
def test_rows_have_one_length_and_labels_at_real_tokens_only(lengths: list[int], packing: bool) -> None:
    rows = (packed_rows if packing else padded_rows)([example(length) for length in lengths], CAPACITY, pad=0)
    inputs = [rows.inputs(index) for index in range(len(rows.rows))]
    assert {len(values) for row in inputs for values in row.values()} == {rows.length}
    assert sum(token != 0 for row in inputs for token in row["input_ids"]) == sum(lengths)
    assert sum(label != IGNORED for row in inputs for label in row["labels"]) == sum(lengths) - len(lengths)
    assert all(set(rows.inputs(index, ignored=True)["labels"]) == {IGNORED} for index in range(len(rows.rows)))


@given(LENGTHS.filter(bool))
def test_a_batch_has_no_more_padding_than_its_longest_row_needs(lengths: list[int]) -> None:
    rows = padded_rows([example(length) for length in [*lengths, CAPACITY]], CAPACITY, pad=0)
    batch = collate([rows.inputs(index) for index in range(len(lengths))])
    assert {tuple(values.shape) for values in batch.values()} == {(len(lengths), 32 if max(lengths) <= 32 else 64)}
    assert int(batch["attention_mask"].sum()) == sum(lengths)


@given(st.integers(1, 3000), st.integers(1, 3000))
def test_shapes_are_few_and_none_takes_twice_the_room(tokens: int, longest: int) -> None:
    tokens, longest = sorted((tokens, longest))
    found = padded_length(tokens, longest)
    assert tokens <= found <= longest
    assert found < 2 * tokens + 64
    assert len({padded_length(each, longest) for each in range(1, longest + 1)}) <= max(1, longest.bit_length() - 3)


@given(st.integers(1, 30), st.integers(1, 8), st.integers(1, 4), st.integers(0, 3))
def test_every_epoch_sees_every_row_once(n_rows: int, per_step: int, epochs: int, seed: int) -> None:
    order = row_order(n_rows, per_step, epochs, 0, seed)
    assert len(order.rows) == order.steps * per_step
    seen = [index for index in order.rows if index is not None]
    assert Counter(seen) == dict.fromkeys(range(n_rows), epochs)
    assert all(len(set(seen[at : at + n_rows])) == n_rows for at in range(0, len(seen), n_rows))
    assert order == row_order(n_rows, per_step, epochs, 0, seed)


def test_max_steps_replaces_the_epochs() -> None:
    order = row_order(10, 4, epochs=1, max_steps=7, seed=0)
    assert (order.steps, len(order.rows), None in order.rows) == (7, 28, False)
