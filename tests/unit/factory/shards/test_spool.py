"""Spool: finished questions of units that are not committed."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.records import a_record

from factory.errors import StorageFailed
from factory.records.record import SCHEMA, to_batch
from factory.records.tally import tally
from factory.shards import commits, spool
from factory.shards.leftovers import leftovers, sweep
from factory.shards.shard_file import content_hash
from factory.shards.units import Unit, cut
from factory.storage.opening import open_store
from factory.types import Question, content_id

TEXTS = ("a", "b", "c")
[UNIT] = cut([Question(text=text, gold="1", id=content_id(text)) for text in TEXTS], 3, "config")


def row(text: str) -> dict[str, Any]:
    return {**a_record(text, []), "unit_id": UNIT.id}


def taken_up(folder: Path, unit: Unit = UNIT) -> tuple[dict[int, str], tuple[str, ...]]:
    """The questions that the spool gives, by place, and what was ignored."""
    taken = spool.take_up(open_store(folder), unit)
    return {place: kept["question"] for place, kept in taken.rows.items()}, taken.ignored


def test_kept_rows_come_back_as_they_would_from_a_shard(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    spool.keep(store, UNIT, {0: row("a"), 2: row("c")})
    spool.keep(store, UNIT, {1: row("b")})
    taken = spool.take_up(store, UNIT)
    rows = [taken.rows[place] for place in range(3)]
    assert content_hash(to_batch(rows)) == content_hash(to_batch(list(map(row, TEXTS))))
    assert taken.ignored == ()


def test_nobody_who_reads_a_run_sees_what_is_kept(tmp_path: Path) -> None:
    spool.keep(open_store(tmp_path), UNIT, {0: row("a")})
    assert commits.shards(tmp_path) == []
    assert commits.runs_within(open_store(tmp_path)) == []
    assert not leftovers(tmp_path)


def test_what_two_workers_kept_of_one_question_is_taken_once(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    for seconds in (1.0, 2.0):
        spool.keep(store, UNIT, {0: {**row("a"), "cost": {**row("a")["cost"], "seconds": seconds}}, 1: row("b")})
    assert len(spool.spooled(store)) == 2
    assert taken_up(tmp_path) == ({0: "a", 1: "b"}, ())
    assert spool.waiting(spool.spooled(store), {}, unit_size=3) == 3  # a bound: nobody reads them to count
    assert spool.waiting(spool.spooled(store), {UNIT.id: 0}, unit_size=3) == 0


@pytest.mark.parametrize("place", [0, 30, -30, -1], ids=["first byte", "rows", "footer", "last byte"])
def test_a_damaged_object_is_ignored_with_a_sentence_and_the_others_are_taken(tmp_path: Path, place: int) -> None:
    store = open_store(tmp_path)
    name = spool.keep(store, UNIT, {0: row("a")})
    spool.keep(store, UNIT, {1: row("b")})
    data = bytearray((tmp_path / name).read_bytes())
    data[place] ^= 1
    (tmp_path / name).write_bytes(data)
    assert taken_up(tmp_path) == ({1: "b"}, (f"{name} is damaged: its bytes have another hash than its name",))


def test_a_half_object_and_a_strange_one_are_ignored(tmp_path: Path) -> None:
    name = spool.keep(open_store(tmp_path), UNIT, {0: row("a")})
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:100])
    (tmp_path / name).with_name("notes.txt").write_text("mine")
    kept, ignored = taken_up(tmp_path)
    assert kept == {}
    assert [line.partition(" ")[2] for line in ignored] == [
        "is damaged: its bytes have another hash than its name",
        "is not named like an object of the spool",
    ]


def test_an_object_of_another_version_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(spool, "VERSION", 0)
        spool.keep(open_store(tmp_path), UNIT, {0: row("a")})
    with monkeypatch.context() as earlier:
        fewer = to_batch([row("b")]).drop_columns(["licence"])
        earlier.setattr(spool, "batches_of", lambda rows: [fewer])
        spool.keep(open_store(tmp_path), UNIT, {1: row("b")})
    assert SCHEMA.names != fewer.schema.names
    kept, ignored = taken_up(tmp_path)
    assert kept == {}
    assert [line.partition(" ")[2] for line in ignored] == ["is of another version of the factory"] * 2


@pytest.mark.parametrize(
    ("forged", "why"),
    [
        ([1], "cannot be read: AttributeError"),
        ({"unit": None}, "is of another unit"),
        ({"places": [1, 0]}, "holds other questions"),
        ({"places": [0]}, "holds other questions"),
        ({"places": [0, 99]}, "holds other questions"),
        ({"places": [[], {}]}, "cannot be read: TypeError"),
        ({"places": None}, "cannot be read: TypeError"),
    ],
)
def test_an_object_that_says_other_things_of_its_rows_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forged: Any, why: str
) -> None:
    def dumps(said: dict[str, Any]) -> str:
        return json.dumps(said | forged if isinstance(forged, dict) else forged)

    with monkeypatch.context() as forging:
        forging.setattr(spool, "json", SimpleNamespace(dumps=dumps))
        spool.keep(open_store(tmp_path), UNIT, {0: row("a"), 1: row("b")})
    kept, (ignored,) = taken_up(tmp_path)
    assert kept == {}
    assert ignored.partition(" ")[2] == why


@pytest.mark.parametrize("data", [b"", b"not Parquet", b"PAR1" * 8])
def test_an_object_that_is_no_parquet_file_is_ignored(tmp_path: Path, data: bytes) -> None:
    put(open_store(tmp_path), data)
    kept, (ignored,) = taken_up(tmp_path)
    assert kept == {}
    assert "cannot be read" in ignored


def put(store: Any, data: bytes) -> None:
    """Create an object of the spool with the name that its bytes ask for."""
    store.create(f"spool/{UNIT.id}.r000/2-{hashlib.sha256(data).hexdigest()}.parquet", data)


def test_rows_of_another_unit_or_revision_are_never_taken(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    later = UNIT.as_revision(1, retry_failed=False)
    name = spool.keep(store, UNIT, {0: row("a")})
    assert taken_up(tmp_path, later) == ({}, ())
    moved = name.replace(".r000/", ".r001/")
    store.create(moved, store.read(name))
    assert taken_up(tmp_path, later) == ({}, (f"{moved} is of another unit",))


def test_an_object_that_is_removed_meanwhile_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(tmp_path)
    name = spool.keep(store, UNIT, {0: row("a")})
    monkeypatch.setattr(store, "entries", lambda folder, list_=store.entries: removed(store, name, list_(folder)))
    assert spool.take_up(store, UNIT).ignored == (f"{name} is gone",)


def removed(store: Any, name: str, entries: Any) -> Any:
    listing = list(entries)
    store.delete(name)
    return listing


def test_what_is_kept_of_committed_units_is_swept_and_nothing_else(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    later = UNIT.as_revision(1, retry_failed=False)
    spool.keep(store, UNIT, {0: row("a")})
    live = spool.keep(store, later, {0: row("a")})
    rows = list(map(row, TEXTS))
    commits.commit(store, UNIT.id, to_batch(rows), tally(rows))
    assert sweep(store, leftovers(store)) == 1
    assert [item.name for item in spool.spooled(store)] == [live]
    assert [path.name for path in (tmp_path / "spool").iterdir()] == [f"{UNIT.id}.r001"]  # no empty folder stays


def test_temporary_files_of_a_killed_worker_are_swept(tmp_path: Path) -> None:
    name = spool.keep(open_store(tmp_path), UNIT, {0: row("a")})
    left = (tmp_path / name).with_name(f".1-{'0' * 64}.parquet.{'0' * 32}.tmp")
    left.write_bytes(b"half")
    assert sweep(tmp_path, leftovers(tmp_path)) == 1
    assert not left.exists()
    assert taken_up(tmp_path) == ({0: "a"}, ())


def test_a_full_disk_leaves_no_half_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StorageFailed, match="free some"):
        spool.keep(open_store(tmp_path), UNIT, {0: row("a")})
    assert spool.spooled(tmp_path) == []
