"""Units that are committed, in a few bytes each, are those that a listing of objects has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factory.shards.commits import listed, shard_name
from factory.shards.leftovers import leftovers
from factory.shards.listing import Committed, committed_in
from factory.storage.opening import open_store
from factory.storage.store import Entry, Store

UNITS = [f"{number:016x}" for number in (0, 1, 0x0123456789ABCDEF, 0xA << 60, (1 << 64) - 1)]
OTHERS = ["u0", "merged-00001-0123456789abcdef", "ABCDEF0123456789", "~", "g"]
NAMES = st.sets(st.tuples(st.sampled_from([*UNITS, *OTHERS]), st.integers(0, 2)))


class Wide:
    """Store of names that answers many calls at a time and remembers them."""

    width = 16
    url = "wide"

    def __init__(self, names: list[str]) -> None:
        self.names = sorted(names)
        self.calls: list[tuple[str, str]] = []

    def entries(self, folder: str = "", *, after: str = "", until: str = "") -> Iterator[Entry]:
        self.calls.append((after, until))
        return (Entry(name=n, size=len(n)) for n in self.names if after < n and (not until or n <= until))


@given(NAMES)
def test_it_is_the_newest_shard_of_every_unit_however_it_is_listed(units: set[tuple[str, int]]) -> None:
    names = [shard_name(unit, revision) for unit, revision in units] + ["data/notes.txt"]
    store: Store = Wide(names)  # type: ignore[assignment]
    ours = committed_in(store)
    newest, older = listed(store)
    assert dict(ours) == newest
    assert sorted(ours.superseded) == sorted(shard.name for shard in older)
    assert [ours.at(place) for place in range(len(ours))] == [ours[unit] for unit in ours]
    asked = [*UNITS, *OTHERS, "none"]
    assert [place >= 0 for place in ours.places(asked).tolist()] == [unit in newest for unit in asked]


def test_parts_of_a_listing_are_asked_for_at_once_and_miss_nothing() -> None:
    store = Wide([])
    committed_in(store)  # type: ignore[arg-type]
    assert len(store.calls) == 16
    ends = sorted(store.calls)
    assert (ends[0][0], ends[-1][1]) == ("", "")
    assert [end for _, end in ends[:-1]] == [begin for begin, _ in ends[1:]]


def test_a_unit_that_is_not_there_is_no_key() -> None:
    with pytest.raises(KeyError):
        Committed()[UNITS[0]]
    assert UNITS[0] not in Committed()


def test_what_is_kept_of_a_unit_is_spent_with_its_commit_and_not_before(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    kept = [f"spool/{UNITS[1]}.r{revision:03}/1-{'0' * 64}.parquet" for revision in range(2)]
    for name in [shard_name(UNITS[1]), *kept]:
        store.create(name, b"")
    assert leftovers(store).spent == (kept[0],)
    assert leftovers(store, committed_in(store)) == leftovers(store)
