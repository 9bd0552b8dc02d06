"""Finished rows of a unit that a worker has under way: kept in the spool of the run folder until the unit is committed.

Nothing here ends a unit: where the spool cannot be written or read, the unit goes on without it, and that is said once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from factory.errors import StorageFailed
from factory.records.batches import cut
from factory.shards import spool
from factory.shards.units import Unit
from factory.storage.store import Store


class KeptRows:
    """Spool of one unit: takes up what is there, writes what has waited for `every_s` seconds, removes it at the end.

    Args:
      store: run folder; opened with little patience, as nobody should wait for it.
      unit: the unit.
      every_s: seconds between two writes. A unit that takes less writes nothing.
      remark: hears a sentence about what could not be kept or taken up.
    """

    def __init__(self, store: Store, unit: Unit, every_s: float, remark: Callable[[str], None]) -> None:
        self._store = store
        self._unit = unit
        self._every_s = every_s
        self._remark = remark
        # Finished since the last write, by place in the unit; places that lie in the spool; its objects.
        self._waiting: dict[int, Mapping[str, Any]] = {}
        self.places: set[int] = set()
        self._names: list[str] = []
        self._ended = asyncio.Event()
        self._writing = asyncio.Lock()

    def take_up(self) -> dict[int, dict[str, Any]]:
        """Return the rows that an earlier worker has kept of this unit, by place in it; blocks."""
        try:
            kept = spool.take_up(self._store, self._unit)
        except StorageFailed as error:
            self._remark(f"finished questions that were kept could not be read: {error}")
            return {}
        if kept.ignored:
            self._remark(f"kept questions were ignored, and are worked on again: {'; '.join(kept.ignored[:3])}")
        self._names += kept.names
        self.places |= kept.rows.keys()
        return dict(kept.rows)

    @property
    def keys(self) -> list[str]:
        """`Question.key` of the questions that lie in the spool."""
        return [self._unit.questions[place].key for place in self.places]

    def add(self, place: int, row: Mapping[str, Any]) -> None:
        """Note that a question was finished."""
        self._waiting[place] = row

    async def save(self) -> None:
        """Write what waits."""
        async with self._writing:
            for group in list(cut(self._waiting)):
                try:
                    self._names.append(await asyncio.to_thread(spool.keep, self._store, self._unit, group))
                except (StorageFailed, MemoryError) as error:
                    self._remark(f"finished questions could not be kept: {error or 'out of memory'}")
                    return
                self.places |= group.keys()
                for place in group:
                    del self._waiting[place]

    async def save_regularly(self) -> None:
        """Write what waits every so often, until `end`."""
        while not self._ended.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), self._every_s)
                return
            await self.save()

    async def close(self) -> None:
        """Write no more, and wait for the write in progress."""
        await self._writing.acquire()

    def end(self) -> None:
        """Have `save_regularly` return, behind the write that it may be at."""
        self._ended.set()

    def remove(self) -> None:
        """Remove what lies in the spool, as the unit is committed; blocks. What the store leaves, `sweep` removes."""
        with suppress(StorageFailed):
            for name in self._names:
                self._store.delete(name)
