"""Rows of one fixed length, in a fixed order: what a training step sees.

A row is one example and padding, or several packed examples that cannot see each other: their positions begin at 0
again, from which transformers derives the attention mask (`masking_utils.find_packed_sequence_indices`). A batch of
padded rows is cut to one of a few lengths: one long text costs its own batch alone, and on a CPU each new shape costs
seconds of kernel compilation.

Invariant: the same examples and seed give the same rows in the same order, so that a resumed training sees the rows
that are left.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from actors.training_data.packing import packed
from actors.training_data.tokens import IGNORED, Example

# Padded rows are multiples of it, so that a few tokens more or less are not another shape.
ROUNDED = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of a data set.

    * `rows`: the examples of each row.
    * `length`: tokens that all rows are filled up to.
    * `pad`: id of the padding token.
    * `packing`: True when a row may hold several examples.
    """

    rows: list[list[Example]]
    length: int
    pad: int
    packing: bool

    def tokens(self, index: int) -> int:
        """Return the number of tokens of a row, without padding."""
        return sum(len(example.ids) for example in self.rows[index])

    def inputs(self, index: int, *, ignored: bool = False) -> dict[str, list[float]]:
        """Return a row as the model's inputs, by name; `ignored` leaves it without any label."""
        ids = [token for example in self.rows[index] for token in example.ids]
        labels = [label for example in self.rows[index] for label in example.labels]
        empty = self.length - len(ids)
        row: dict[str, list[float]] = {
            "input_ids": [*ids, *[self.pad] * empty],
            "labels": [IGNORED] * self.length if ignored else [*labels, *[IGNORED] * empty],
        }
        if self.packing:
            positions = [at for example in self.rows[index] for at in range(len(example.ids))]
            row["position_ids"] = [*positions, *range(empty)]
        else:
            row["attention_mask"] = [*[1] * len(ids), *[0] * empty]
        return row


def rounded_up(tokens: float) -> int:
    """Return the next multiple of `ROUNDED`."""
    return math.ceil(tokens / ROUNDED) * ROUNDED


def padded_length(tokens: int, longest: int) -> int:
    """Return the least of `longest`, its half, its quarter and so on, rounded up, that holds so many tokens.

    So there are few lengths, and none takes twice the room.
    """
    while tokens <= (half := rounded_up(longest / 2)) < longest:
        longest = half
    return longest


def padded_rows(examples: Sequence[Example], max_length: int, pad: int) -> Rows:
    """Return one example a row, all as long as the longest, rounded up.

    Args:
      examples: what the rows hold.
      max_length: tokens that no row exceeds.
      pad: id of the padding token.
    """
    length = min(max_length, rounded_up(max((len(example.ids) for example in examples), default=0)))
    return Rows(rows=[[example] for example in examples], length=length, pad=pad, packing=False)


def packed_rows(examples: Sequence[Example], max_length: int, pad: int) -> Rows:
    """Return as few rows of `max_length` tokens as first-fit decreasing makes of the examples.

    Args:
      examples: what the rows hold.
      max_length: tokens of a row.
      pad: id of the padding token.
    """
    bins = packed([len(example.ids) for example in examples], max_length)
    rows = [[examples[index] for index in items] for items in bins]
    return Rows(rows=rows, length=max_length, pad=pad, packing=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Rows of all steps in their order. None fills up the last step and has no part in the loss."""

    rows: list[int | None]
    steps: int


def row_order(n_rows: int, per_step: int, epochs: float, max_steps: int, seed: int) -> Order:
    """Return every epoch in an order of its own, one after the other; the same for the same seed.

    Args:
      n_rows: rows of the data set.
      per_step: rows of one step.
      epochs: how often every row is seen; a fraction ends in the middle of an epoch.
      max_steps: above 0 it replaces `epochs`.
      seed: of the job.
    """
    wanted = max_steps * per_step if max_steps else math.ceil(n_rows * epochs)
    shuffled: list[int | None] = []
    for epoch in range(math.ceil(wanted / n_rows)):
        order = list(range(n_rows))
        # Seeded by epoch, so that a resumed training shuffles the later ones the same way.
        random.Random(f"{seed}/{epoch}").shuffle(order)
        shuffled += order
    steps = math.ceil(wanted / per_step)
    # The last epoch may end in the middle; the last step is filled up with rows that teach nothing.
    shuffled = shuffled[:wanted]
    return Order(rows=[*shuffled, *[None] * (steps * per_step - wanted)], steps=steps)


def collate(rows: list[dict[str, list[float]]]) -> dict[str, Any]:
    """Return rows of one length as one batch of tensors, without the padding that none of them needs."""
    import torch

    length = len(rows[0]["input_ids"])
    if "attention_mask" in rows[0]:
        length = padded_length(max(int(sum(row["attention_mask"])) for row in rows), length)
    return {name: torch.tensor([row[name][:length] for row in rows]) for name in rows[0]}
