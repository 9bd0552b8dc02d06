"""Objects of a run that a viewer shows, as they are listed now: the newest of every unit, also in runs within runs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from factory.browsing.parts import folder_of
from factory.shards.commits import DATA, Shard, no_records, shard_of
from factory.storage.store import Entry, Store

# Objects that show a folder to be a run's, though nothing is committed yet.
_SIGNS = ("config.yaml", "manifests/source.json")
_WITHIN = re.compile(rf"(?:(?P<folder>.+)/)?(?P<name>{DATA}/[^/]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Object with records: its name in the folder that is looked at, its size in bytes, and a mark of its content."""

    name: str
    size: int
    mark: str


def listed(store: Store) -> dict[str, Listed]:
    """Return the newest object of every unit by name, in the order of names.

    A folder without records of its own, such as one of training rounds, stands for all runs within it.
    """
    own = _newest(store.entries(DATA))
    return own or _newest(store.entries())


def check_is_run(store: Store) -> None:
    """Raise `BadInput` for a folder that holds neither records nor a run that has begun."""
    if not any(store.size(name) is not None for name in _SIGNS):
        raise no_records(store)


def shard_in(name: str) -> Shard:
    """Return an object of the folder as a shard of the run that it belongs to."""
    folder = folder_of(name)
    shard = shard_of(Entry(name=name[len(folder) :].lstrip("/"), size=0))
    assert shard is not None, name
    return shard


def _newest(entries: Iterable[Entry]) -> dict[str, Listed]:
    newest: dict[str, Listed] = {}
    # Entries come in the order of names, in which all revisions of a unit follow each other.
    before: tuple[str, str, int, str] | None = None
    for entry in entries:
        parts = _WITHIN.fullmatch(entry.name)
        shard = shard_of(Entry(name=parts["name"], size=entry.size)) if parts else None
        if parts is None or shard is None:
            continue
        now = (parts["folder"] or "", shard.unit_id, shard.revision, entry.name)
        if before is not None and before[:2] == now[:2]:
            if now[2] < before[2]:
                continue
            del newest[before[3]]
        newest[entry.name] = Listed(name=entry.name, size=entry.size, mark=f"{entry.size}:{entry.mark}")
        before = now
    return newest
