"""Leftovers of killed writers in a run folder: what is superseded, unfinished or spent."""

from __future__ import annotations

from dataclasses import dataclass

from factory.shards.listing import Committed, committed_in
from factory.shards.spool import spooled
from factory.storage.opening import Folder, open_store


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """Objects that killed writers left.

    `superseded`: older revisions. `orphans`: temporary files and unfinished uploads. `spent`: what the spool keeps of
    units that are committed.
    """

    superseded: tuple[str, ...]
    orphans: tuple[str, ...]
    spent: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.superseded) + len(self.orphans) + len(self.spent)


def leftovers(folder: Folder, committed: Committed | None = None) -> Leftovers:
    """Return the leftovers of a run folder, without removing any.

    `committed` is what it holds, where it was listed already. What is kept of a unit for a revision that is committed
    is spent, whenever it is listed: a unit that is done again is done for the next one.
    """
    store = open_store(folder)
    kept = spooled(store)
    there = committed_in(store) if committed is None else committed
    places = there.places([item.unit_id for item in kept])
    return Leftovers(
        superseded=tuple(there.superseded),
        orphans=tuple(store.orphans()),
        spent=tuple(
            item.name
            for item, place in zip(kept, places.tolist(), strict=True)
            if place >= 0 and item.revision <= there.at(place).revision
        ),
    )


def sweep(folder: Folder, left: Leftovers) -> int:
    """Remove leftovers and return how many objects that were.

    `left` has to be listed while nobody writes to the folder: a temporary file of a live writer is its work.
    """
    store = open_store(folder)
    for name in (*left.superseded, *left.spent):
        store.delete(name)
    return len(left.superseded) + len(left.spent) + store.sweep(left.orphans)
