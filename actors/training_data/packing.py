"""Bin packing of examples into rows of one length. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def packed(lengths: Sequence[int], capacity: int) -> list[list[int]]:
    """Return the indices of `lengths` in bins whose sums are at most `capacity`, by first-fit decreasing.

    Uses at most 11/9 of the fewest possible bins and one more (Johnson 1973). Every index is in exactly one bin; equal
    input gives equal output. Raises `ValueError` when one length alone exceeds the capacity.
    """
    if max(lengths, default=0) > capacity:
        raise ValueError(f"an example of {max(lengths)} tokens does not fit into {capacity}")
    # A segment tree over the free room of the bins: the first bin with enough room is found in O(log n).
    leaves = 1 << max(0, len(lengths) - 1).bit_length()
    room = [capacity] * (2 * leaves)
    bins: list[list[int]] = [[] for _ in lengths]
    for index in sorted(range(len(lengths)), key=lambda index: (-lengths[index], index)):
        at = 1
        # Go down to the leftmost bin that has room enough.
        while at < leaves:
            at = 2 * at if room[2 * at] >= lengths[index] else 2 * at + 1
        bins[at - leaves].append(index)
        room[at] -= lengths[index]
        # Go up again: every node holds the most room below it.
        while at > 1:
            at //= 2
            room[at] = max(room[2 * at], room[2 * at + 1])
    return [items for items in bins if items]
