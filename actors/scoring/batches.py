"""Batches by tokens: texts of like length together, so that little of a pass is padding. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def batches(lengths: Sequence[int], max_tokens: int, max_rows: int) -> list[list[int]]:
    """Return the numbers of all texts in batches, those of the longest texts first; none takes twice the room it needs.

    Args:
      lengths: tokens of each text.
      max_tokens: rows times the longest text of a batch, padding included; a longer text has a batch of its own.
      max_rows: texts of a batch.
    """
    order = sorted(range(len(lengths)), key=lambda number: (-lengths[number], number))
    cut: list[list[int]] = []
    for number in order:
        last = cut[-1] if cut else []
        # All rows are as long as the first one of their batch.
        room = lengths[last[0]] if last else 0
        if last and len(last) < max_rows and (len(last) + 1) * room <= max_tokens and room < 2 * lengths[number]:
            last.append(number)
        else:
            cut.append([number])
    return cut


def next_batch(lengths: Sequence[int], max_tokens: int, max_rows: int) -> list[int]:
    """Return the numbers of the texts to take first: the batch with the one that has waited longest.

    Whatever comes meanwhile, that one is not passed over: it is the first, and is in the next batch that is made.

    Args:
      lengths: tokens of each text, in the order in which they came; not empty.
      max_tokens: as of `batches`.
      max_rows: as of `batches`.
    """
    return next(batch for batch in batches(lengths, max_tokens, max_rows) if 0 in batch)
