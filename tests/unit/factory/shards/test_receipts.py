"""Receipts of a slow run fill pages as those of a fast one do."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from support.records import a_record
from support.validation import run_of

from factory.errors import BadInput
from factory.records.role_costs import AMOUNTS, WHO
from factory.records.tally import Tally
from factory.shards import receipts
from factory.shards.commits import Receipt
from factory.shards.damage import Unreadable
from factory.shards.listing import Committed, committed_in
from factory.shards.receipts import ReceiptLog, committed_tally, footers, read_receipts
from factory.storage.opening import open_store
from factory.storage.store import Store


def receipt(number: int, revision: int = 0) -> Receipt:
    unit = f"{number:016x}"
    return Receipt(
        unit_id=unit, name="", n_bytes=1, tally=Tally(questions=number), created=True, revision=revision, content=unit
    )


def flipped(data: bytes, place: int) -> bytes:
    """Return bytes with one bit another, as a disk that ages has them."""
    damaged = bytearray(data)
    damaged[place] ^= 1 << place % 8
    return bytes(damaged)


def pages(store: Store) -> list[str]:
    return [entry.name.rpartition("/")[2] for entry in store.entries(receipts.FOLDER)]


def test_a_page_is_written_anew_until_it_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "FLUSH_RECEIPTS", 4)
    store, now = open_store(tmp_path), [0.0]
    log = ReceiptLog(store, 1, clock=lambda: now[0])
    for number in range(1, 11):
        # Each comes long after the one before.
        now[0] += 2 * receipts.FLUSH_S
        log.add(receipt(number))
        assert len(read_receipts(store)) == number
        assert len(pages(store)) == -(-number // 4)
    log.flush()
    assert pages(store) == ["0001-00000.parquet", "0001-00001.parquet", "0001-00002.parquet"]


def test_footers_are_those_of_the_revision_that_is_there(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    log = ReceiptLog(store, 1)
    for one in (receipt(1), receipt(2), receipt(2, revision=1), receipt(3), receipt(2, revision=1)):
        log.add(one)
    log.flush()
    for name in (f"data/part-{1:016x}.parquet", f"data/part-{2:016x}.r001.parquet"):
        store.create(name, b"no Parquet: with a receipt nobody reads it")
    committed = committed_in(store)
    assert [(shard.unit_id, shard.revision, footer.content) for shard, footer in footers(store, committed)] == [
        (f"{1:016x}", 0, f"{1:016x}"),
        (f"{2:016x}", 1, f"{2:016x}"),
    ]
    assert committed_tally(store, committed).questions == 3
    assert committed_tally(store, Committed()).questions == 0


def test_a_damaged_page_costs_reading_the_footers_that_it_held(tmp_path: Path) -> None:
    rows = [[a_record(name, [])] for name in ("a", "b")]
    run_of(tmp_path, [row for [row] in rows], per_unit=1)
    store = open_store(tmp_path)
    [page] = pages(store)
    path = tmp_path / receipts.FOLDER / page
    whole, committed = path.read_bytes(), committed_in(store)
    told = list(footers(store, committed))
    unreadable = 0
    for place in range(0, len(whole), 17):
        path.write_bytes(flipped(whole, place))
        assert sorted(footers(store, committed), key=lambda one: one[0].name) == told
        try:
            read_receipts(store)
        except Unreadable:
            unreadable += 1
    # Most of the others are in what Parquet says twice, or nobody reads.
    assert unreadable > len(whole) / 17 / 4


def test_a_damaged_page_without_checksums_raises_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(tmp_path)
    log = ReceiptLog(store, 1)
    log.add(
        replace(receipt(1), tally=Tally(questions=1, roles=[{**dict.fromkeys(WHO, "a"), **dict.fromkeys(AMOUNTS, 1)}]))
    )
    monkeypatch.setattr(pq, "write_table", partial(pq.write_table, write_page_checksum=False))
    log.flush()
    store.create(f"data/part-{1:016x}.parquet", b"no Parquet: with a receipt nobody reads it")
    committed = committed_in(store)
    assert committed_tally(store, committed).questions == 1
    [page] = pages(store)
    path = tmp_path / receipts.FOLDER / page
    whole = path.read_bytes()
    for place in range(0, len(whole), 17):
        path.write_bytes(flipped(whole, place))
        # Of the object itself, which is read in the place of a page that cannot be.
        with suppress(BadInput):
            committed_tally(store, committed)


def test_a_damaged_shard_without_a_receipt_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/part-a.parquet").write_bytes(b"damaged")
    with pytest.raises(BadInput, match=r"data/part-a\.parquet in .* cannot be read"):
        committed_tally(tmp_path, committed_in(open_store(tmp_path)))
