"""Check of shards one after the other, while a run may go on.

A shard that is superseded meanwhile is read as the newer one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import pyarrow.parquet as pq

from factory.records.seen_questions import SeenQuestions
from factory.shards.commits import Shard, later_revision, open_shard
from factory.shards.damage import Unreadable, reading
from factory.shards.shard_check import ShardReport, check_shard, unreadable_fault
from factory.storage.ahead import in_order
from factory.storage.store import Store

AHEAD = 4
Opened: TypeAlias = pq.ParquetFile | Unreadable | FileNotFoundError


def checked_shards(
    store: Store, shards: list[Shard], seen: SeenQuestions | None, on_rows: Callable[[int], None]
) -> Iterator[tuple[Shard, ShardReport]]:
    """Yield every shard with its faults, each as it is or as the revision that superseded it meanwhile.

    Args:
      store: the run folder.
      shards: shards to be checked, in order.
      seen: questions met so far, to notice repetitions; None where questions may repeat.
      on_rows: hears how many rows of the present shard were read.
    """

    def opened(shard: Shard) -> tuple[Shard, Opened]:
        try:
            with reading():
                return shard, open_shard(store, shard)
        except (FileNotFoundError, Unreadable) as error:
            return shard, error

    for listed_, file in in_order(opened, shards, min(store.width, AHEAD)):
        shard, checked = listed_, _read(file, listed_, seen, on_rows)
        while checked is None:
            # A shard may be superseded again and again while it is looked for.
            later = later_revision(store, shard)
            if later is None:
                checked = ShardReport()
                checked.add("LOST while it was checked, expected it or a newer revision")
            else:
                shard, checked = later, _read(opened(later)[1], later, seen, on_rows)
        yield shard, checked


def _read(file: Opened, shard: Shard, seen: SeenQuestions | None, on_rows: Callable[[int], None]) -> ShardReport | None:
    """Return the faults of an open shard; None for a shard that is gone."""
    if isinstance(file, Unreadable):
        checked = ShardReport()
        checked.add(unreadable_fault(file))
        return checked
    if isinstance(file, FileNotFoundError):
        return None
    with file:
        try:
            return check_shard(file, shard.unit_id, seen, on_rows)
        except FileNotFoundError:
            return None
