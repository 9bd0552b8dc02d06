"""Comparison of two run folders, question by question: the same, changed, only in one of them.

Memory: 33 bytes for every question of the folder with fewer (a 64-bit id, a 16-byte digest, a count, a flag), three
times as much while they are sorted; 8 bytes for every question that is only in the other, four times as much while they
are sorted; and the rows of the first few that differ. Both folders are streamed once, and again as far as those few
need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from factory.records.difference import differences, item_id, row_digest
from factory.records.validation import Row
from factory.shards.commits import records_of
from factory.shards.listing import committed_in
from factory.shards.receipts import committed_tally
from factory.storage.opening import open_store

BATCH = 4096
U64 = npt.NDArray[np.uint64]
OnRows = Callable[[int], None]
"""Hears how many rows were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Question whose rows differ, with the differences as lines of text."""

    question_id: str
    question: str
    differences: list[str]


@dataclass(slots=True)
class Difference:
    """Numbers of questions that are the same, changed or in one folder only, with the first few of each kind.

    `a` and `b` are the folders in the order given; `examples_a` and `examples_b` are ids of questions.
    """

    a: str
    b: str
    same: int = 0
    changed: int = 0
    only_a: int = 0
    only_b: int = 0
    examples: list[Changed] = field(default_factory=list)
    examples_a: list[str] = field(default_factory=list)
    examples_b: list[str] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """True where nothing differs."""
        return not (self.changed or self.only_a or self.only_b)


class Digests:
    """Rows of one folder by item id, less those of the other.

    Rows of one id (an import may have several) are added up, so their order does not matter.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        """Read all rows of a folder, and keep their digests."""
        batches = list(_digested(rows))
        ids = np.concatenate([ids for ids, _ in batches])
        lanes = np.concatenate([lanes for _, lanes in batches])
        self.ids, place = np.unique(ids, return_inverse=True)
        self._left = np.zeros((len(self.ids), 2), dtype=np.uint64)
        # Sums of digests do not depend on the order of rows; unsigned numbers wrap around.
        np.add.at(self._left, place, lanes)
        self._rows = np.bincount(place, minlength=len(self.ids))
        self._met = np.zeros(len(self.ids), dtype=bool)

    def subtract(self, rows: Iterable[Row]) -> U64:
        """Take away the rows of the other folder, and return the ids that only that one has."""
        strangers: list[U64] = []
        for ids, lanes in _digested(rows):
            # An id behind the last one would be out of range; it is not equal there, so it is unknown.
            place = np.minimum(np.searchsorted(self.ids, ids), len(self.ids) - 1)
            known = self.ids[place] == ids
            strangers.append(ids[~known])
            np.subtract.at(self._left, place[known], lanes[known])
            np.subtract.at(self._rows, place[known], 1)
            self._met[place[known]] = True
        return np.unique(np.concatenate(strangers))

    def same(self) -> int:
        """Return how many ids have equal rows in both folders."""
        return int(np.count_nonzero(self._met & ~self._differs()))

    def changed(self) -> U64:
        """Return the ids, sorted, whose rows differ."""
        return self.ids[self._met & self._differs()]

    def unmet(self) -> U64:
        """Return the ids, sorted, that the other folder does not have."""
        return self.ids[~self._met]

    def _differs(self) -> npt.NDArray[np.bool_]:
        """Return, by id, True where something is left of either folder's rows."""
        return self._left.any(axis=1) | (self._rows != 0)


def diff(a: str, b: str, *, limit: int = 20, on_progress: OnRows = lambda n: None) -> Difference:
    """Compare two folders, question by question.

    Args:
      a: run folder.
      b: run folder.
      limit: how many questions of each kind are looked at in detail.
      on_progress: hears how many rows were read.

    Raises:
      BadInput: a folder holds no records.
    """
    # Hold the folder with fewer questions in memory, and stream the other one past it.
    swapped = _questions(b) < _questions(a)
    held, streamed = (b, a) if swapped else (a, b)
    read = _counted(on_progress)
    digests = Digests(read(records_of(held)))
    strangers, unmet = digests.subtract(read(records_of(streamed))), digests.unmet()
    only_a, only_b = (strangers, unmet) if swapped else (unmet, strangers)
    changed = digests.changed()
    # Count, then read again what the first few questions need.
    difference = Difference(
        a=open_store(a).url,
        b=open_store(b).url,
        same=digests.same(),
        changed=len(changed),
        only_a=len(only_a),
        only_b=len(only_b),
    )
    difference.examples_a = [row["question_id"] for row in _with(only_a, a, limit)]
    difference.examples_b = [row["question_id"] for row in _with(only_b, b, limit)]
    # Read in detail only what is shown.
    rows_a = _by_id(_with(changed, a, limit))
    rows_b = _by_id(_with(np.array(sorted(rows_a), dtype=np.uint64), b, None))
    difference.examples = [_changed(rows_a[key], rows_b.get(key, [])) for key in rows_a]
    return difference


def _questions(folder: str) -> int:
    """Return how many questions a folder holds, by its receipts."""
    return committed_tally(folder, committed_in(folder)).questions


def _counted(on_progress: OnRows) -> Callable[[Iterator[Row]], Iterator[Row]]:
    """Return a reader that passes rows on and tells now and then how many there were."""
    n = 0

    def read(rows: Iterator[Row]) -> Iterator[Row]:
        nonlocal n
        for row in rows:
            n += 1
            if n % 256 == 0:
                on_progress(n)
            yield row

    return read


def _digested(rows: Iterable[Row]) -> Iterator[tuple[U64, U64]]:
    """Yield (ids, digests as two numbers each) of one batch of rows after the other."""
    pairs = ((item_id(row), row_digest(row)) for row in rows)
    while batch := list(islice(pairs, BATCH)):
        ids = np.array([key for key, _ in batch], dtype=np.uint64)
        yield ids, np.frombuffer(b"".join(digest for _, digest in batch), dtype=np.uint64).reshape(-1, 2)


def _with(ids: U64, folder: str, limit: int | None) -> Iterator[Row]:
    """Yield the rows of `ids`, which are sorted, in the folder's order; no more than the first `limit`."""
    if not len(ids) or limit == 0:
        return

    def wanted(row: Row) -> bool:
        key = np.uint64(item_id(row))
        place = np.searchsorted(ids, key)
        return bool(place < len(ids) and ids[place] == key)

    yield from islice(filter(wanted, records_of(folder)), limit)


def _by_id(rows: Iterable[Row]) -> dict[int, list[Row]]:
    """Return rows by item id."""
    by_id: dict[int, list[Row]] = {}
    for row in rows:
        by_id.setdefault(item_id(row), []).append(row)
    return by_id


def _changed(ours: list[Row], theirs: list[Row]) -> Changed:
    """Return what differs between the rows of one id in both folders."""
    lines = [line for a, b in zip(ours, theirs, strict=False) for line in differences(a, b)]
    if len(ours) != len(theirs):
        lines.append(f"rows: {len(ours)} → {len(theirs)}")
    first: Any = ours[0]
    return Changed(question_id=first["question_id"], question=first["question"], differences=lines)
