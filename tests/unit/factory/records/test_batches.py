"""Rows cut into batches of bounded size."""

from __future__ import annotations

from itertools import pairwise

from support.records import records

from factory.records.batches import batches_of, cut, most_bytes, text_bytes
from factory.records.record import to_batch

ROWS = records()


def test_texts_are_counted_in_bytes_wherever_they_stand() -> None:
    assert text_bytes({"a": "äб", "b": [("x", 1), None, {"c": "yz"}], "d": 3.5, "e": True}) == 7
    assert text_bytes("\ud800") == 3  # half a character is no reason to fail here


def test_the_quick_count_is_no_less_than_the_solutions_hold() -> None:
    for row in ROWS:
        assert most_bytes(row) >= text_bytes([solution["text"] for solution in row["solutions"]])


def test_no_group_is_above_the_limit_unless_it_is_one_row_and_none_is_empty() -> None:
    sizes = [text_bytes(row) for row in ROWS]
    for limit in (1, max(sizes), sizes[0] + sizes[1], sum(sizes)):
        groups = list(cut(dict(enumerate(ROWS)), limit))
        assert [place for group in groups for place in group] == list(range(len(ROWS)))
        assert all(len(group) == 1 or sum(map(text_bytes, group.values())) <= limit for group in groups)
        # No group could have taken the first row of the next.
        assert all(
            sum(map(text_bytes, one.values())) + text_bytes(next(iter(other.values()))) > limit
            for one, other in pairwise(groups)
        )


def test_rows_below_the_limit_are_the_one_batch_they_always_were() -> None:
    [batch] = batches_of(ROWS)
    assert batch.equals(to_batch(ROWS))
