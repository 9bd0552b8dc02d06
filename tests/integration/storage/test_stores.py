"""Local disk and S3 are the same to whoever uses them."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from support.records import a_record

from factory.errors import BadInput, StorageFailed
from factory.shards import spool
from factory.shards.units import cut
from factory.storage import s3
from factory.storage.exclusive import check_exclusive
from factory.storage.opening import open_store
from factory.storage.store import Store
from factory.types import Question, content_id


@pytest.fixture(params=["local", "s3"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """Opens one folder, as often as wanted."""
    url = str(tmp_path) if request.param == "local" else f"s3://{request.getfixturevalue('s3_bucket')}/runs/a"
    return lambda: open_store(url)


@pytest.fixture
def store(opened: Callable[[], Store]) -> Store:
    return opened()


def test_what_was_created_is_read_back(store: Store) -> None:
    assert store.create("data/a", b"0123456789")
    assert store.read("data/a") == b"0123456789"
    assert (store.read("data/a", 2, 5), store.read("data/a", 7)) == (b"234", b"789")
    assert store.read("data/a", 0, 1000) == b"0123456789"
    assert store.size("data/a") == 10


def test_what_a_worker_kept_of_a_unit_is_taken_up_by_another_and_leaves_nothing(opened: Callable[[], Store]) -> None:
    [unit] = cut([Question(text=text, gold="1", id=content_id(text)) for text in "ab"], 2, "config")
    kept = spool.keep(opened(), unit, {1: a_record("b", [])})
    taken = spool.take_up(opened(), unit)
    assert ({place: row["question"] for place, row in taken.rows.items()}, taken.names) == ({1: "b"}, (kept,))
    opened().delete(kept)
    assert list(opened().entries()) == []


def test_a_name_that_is_taken_loses_and_keeps_what_it_has(store: Store) -> None:
    assert store.create("a", b"first")
    assert not store.create("a", b"second")
    assert store.read("a") == b"first"


def test_a_name_that_holds_the_same_already_counts_as_created(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"first")
    assert store.create("a", b"first")
    assert store.create("a", b"first")
    assert store.create_from("a", tmp_path / "file")


def test_of_many_writers_of_one_name_one_wins(opened: Callable[[], Store]) -> None:
    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(lambda number: opened().create("a", b"%d" % number), range(4)))
    assert won.count(True) == 1
    assert opened().read("a") == b"%d" % won.index(True)


def test_replacing_creates_and_overwrites(store: Store) -> None:
    store.replace("logs/x", b"one")
    store.replace("logs/x", b"two")
    assert store.read("logs/x") == b"two"


def test_what_is_not_there_is_missing(store: Store) -> None:
    assert store.size("nothing") is None
    for read in (store.read, store.open):
        with pytest.raises(FileNotFoundError, match="nothing"):
            read("nothing")
    assert list(store.entries("no-such-folder")) == []
    store.delete("nothing")


def test_entries_are_those_of_the_folder_in_order_of_name(store: Store) -> None:
    for name in ("data/b", "data/a", "database", "data/deep/c", "z"):
        store.create(name, b"12")
    assert [(entry.name, entry.size) for entry in store.entries("data")] == [
        ("data/a", 2),
        ("data/b", 2),
        ("data/deep/c", 2),
    ]
    assert [entry.name for entry in store.entries()] == ["data/a", "data/b", "data/deep/c", "database", "z"]


def test_a_part_of_a_listing_begins_behind_a_name_and_ends_with_one(
    opened: Callable[[], Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened()
    for number in range(12):
        store.create(f"data/{number:02}", b"")
    if hasattr(store, "_fs"):
        # Pages of three, so that a part is several of them.
        whole = store._fs.call_s3
        store._fs.call_s3 = lambda *args, **kwargs: whole(*args, **(kwargs | {"MaxKeys": 3}))
    borders = [("", "data/03"), ("data/03", "data/09x"), ("data/09x", "")]
    parts = [[entry.name[5:] for entry in store.entries("data", after=a, until=b)] for a, b in borders]
    assert [number for part in parts for number in part] == [f"{number:02}" for number in range(12)]
    assert list(map(len, parts)) == [4, 6, 2]


def test_a_deleted_object_is_gone(store: Store) -> None:
    store.create("a", b"1")
    store.delete("a")
    assert store.size("a") is None
    assert store.create("a", b"2")


def test_more_entries_than_a_page_holds(opened: Callable[[], Store], monkeypatch: pytest.MonkeyPatch) -> None:
    store = opened()
    for number in range(12):
        store.create(f"data/{number:02}", b"")
    if hasattr(store, "_fs"):
        whole = store._fs.call_s3
        store._fs.call_s3 = lambda *args, **kwargs: whole(*args, **(kwargs | {"MaxKeys": 5}))
    assert [entry.name[5:] for entry in store.entries("data")] == [f"{number:02}" for number in range(12)]


def test_an_object_opens_as_a_seekable_file(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "WHOLE_BYTES", 4)  # so that it is read in ranges
    store.create("a", bytes(range(256)) * 20)
    with store.open("a") as file:
        assert file.seek(-6, os.SEEK_END) == 256 * 20 - 6
        assert file.read() == bytes(range(250, 256))
        file.seek(256)
        assert file.read(3) == bytes(range(3))


@pytest.mark.parametrize("size", [10, 7 * 2**20])
def test_a_large_file_is_created_exclusively_too(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(s3, "PART_BYTES", 5 * 2**20)  # the least that S3 takes
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(os.urandom(size))
    second.write_bytes(b"other")
    assert store.create_from("data/big", first)
    assert not store.create_from("data/big", second)
    assert store.read("data/big") == first.read_bytes()
    assert store.orphans() == []


def test_orphans_are_seen_by_nobody_and_swept(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.create("data/a", b"1")
    orphan = f"data/.b.{'0123' * 8}.tmp"
    (tmp_path / orphan).write_bytes(b"half")
    assert [entry.name for entry in store.entries()] == ["data/a"]
    assert store.orphans() == [orphan]
    assert store.sweep([]) == 0
    assert store.sweep([orphan, "data/.gone.tmp", "data/a"]) == 1
    assert (store.orphans(), store.size("data/a")) == ([], 1)


def test_only_our_own_temporary_files_are_orphans(tmp_path: Path) -> None:
    ours = f".b.{'0a1f' * 8}.tmp"
    orphans = [ours, ".merge-a1b2c_3d.tmp", f"data/{ours}", f"logs/attempt_1/{ours}", f"manifests/receipts/{ours}"]
    others = [".b.tmp", ".b.0123.tmp", "data/.~lock.tmp", f"theirs/{ours}", f"data/deep/{ours}", "logs/.merge-x.tmp"]
    for name in orphans + others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"half")
    store = open_store(tmp_path)
    assert store.orphans() == orphans
    assert store.sweep([*orphans, *others]) == len(orphans)
    assert all((tmp_path / name).exists() for name in others)


def test_a_temporary_file_of_a_writer_that_was_killed_is_an_orphan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """Nothing catches it, as nothing catches SIGKILL."""

    def die(*_: object) -> None:
        raise Killed

    store = open_store(tmp_path)
    with monkeypatch.context() as dying:
        dying.setattr(os, "fsync", die)
        dying.setattr(Path, "unlink", lambda *_, **__: None)
        with pytest.raises(Killed):
            store.create("data/a.parquet", b"1")
    assert len(store.orphans()) == 1
    assert store.sweep(store.orphans()) == 1


def test_a_file_system_that_syncs_no_folders_is_good_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsync = os.fsync

    def of_files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", of_files_only)
    store = open_store(tmp_path)
    assert store.create("a", b"1")
    store.replace("a", b"2")
    assert store.read("a") == b"2"


@pytest.mark.parametrize("number", [errno.ENOTSUP, errno.ENOSYS, errno.EINVAL, errno.EPERM])
def test_a_file_system_without_hard_links_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def link(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(StorageFailed, match=r"hard links.*choose another folder"):
        open_store(tmp_path).create("a", b"1")


def test_exclusive_creates_are_found_exclusive_and_nothing_is_changed(store: Store) -> None:
    store.create("logs/claim", b"{}")
    check_exclusive(store, "logs/claim")
    assert store.read("logs/claim") == b"{}"


def test_a_store_that_overwrites_is_noticed(tmp_path: Path) -> None:
    store: Any = open_store(tmp_path)
    store.create("claim", b"{}")
    store.create = lambda name, data: store.replace(name, data) or True
    with pytest.raises(BadInput, match=rf"{tmp_path} let claim be created twice.*If-None-Match"):
        check_exclusive(store, "claim")


def test_unfinished_uploads_are_orphans(s3_bucket: str) -> None:
    store: Any = open_store(f"s3://{s3_bucket}/run")
    other: Any = open_store(f"s3://{s3_bucket}/another")
    for key in ("run/data/a", "another/data/b"):
        store._fs.call_s3("create_multipart_upload", Bucket=s3_bucket, Key=key)
    [left] = store.orphans()
    assert left.startswith("data/a?")
    store._fs.call_s3("create_multipart_upload", Bucket=s3_bucket, Key="run/data/a")  # another writer's, begun since
    assert store.sweep([left]) == 1
    [begun_since] = store.orphans()
    assert begun_since != left
    assert store.sweep([left]) == 0
    assert store.sweep([begun_since]) == 1
    assert (store.orphans(), len(other.orphans())) == ([], 1)
    assert other.sweep(other.orphans()) == 1
