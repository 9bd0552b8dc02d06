"""Receipts of finished units, kept as a few objects per attempt.

* Receipts never decide whether a unit is committed: only the shard's existence does.
* `factory validate` compares each shard with its receipt: was it lost, was it changed after its commit?
* They save reading tens of thousands of footers. A driver that is killed loses its last receipts: the footers of those
  shards are read instead, as they are where a page is damaged.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from factory.records.tally import Tally
from factory.shards.commits import Receipt, Shard, read_footers
from factory.shards.damage import CHECKSUMS, Unreadable, reading
from factory.shards.listing import Committed
from factory.shards.shard_file import Footer
from factory.storage.ahead import in_order
from factory.storage.opening import Folder, open_store
from factory.storage.store import Store

FOLDER = "manifests/receipts"
FLUSH_RECEIPTS, FLUSH_S = 4096, 30.0
# Pages that are read ahead of their reader.
_PAGES_AHEAD = 4

SCHEMA = pa.schema(
    [
        ("unit_id", pa.string()),
        ("revision", pa.int32()),
        ("n_bytes", pa.int64()),
        ("content", pa.string()),
        ("tally", pa.string()),
        ("effort", pa.string()),
    ]
)


class ReceiptLog:
    """Log of receipts, written as `manifests/receipts/NNNN-KKKKK.parquet` (`NNNN`: number of the attempt).

    A page is written anew until it holds `FLUSH_RECEIPTS` receipts, so there are few pages, however slowly units are
    done. Those of the last page and of the last `FLUSH_S` seconds are held in memory.
    """

    def __init__(self, store: Store, attempt: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._attempt = attempt
        self._clock = clock
        self._page: list[Receipt] = []
        self._kept = 0
        self._full = 0
        self._since = clock()

    def add(self, receipt: Receipt) -> None:
        """Keep a receipt, and write the page when it is full or was written long ago."""
        self._page.append(receipt)
        if len(self._page) >= FLUSH_RECEIPTS or self._clock() - self._since > FLUSH_S:
            self.flush()

    def flush(self, store: Store | None = None) -> None:
        """Write the page where there is anything new, through `store` if given, else through the log's own."""
        self._since = self._clock()
        if len(self._page) == self._kept:
            return
        rows = [
            {
                "unit_id": receipt.unit_id,
                "revision": receipt.revision,
                "n_bytes": receipt.n_bytes,
                "content": receipt.content,
                "tally": json.dumps(receipt.tally.as_dict()),
                "effort": json.dumps(dict(receipt.effort)),
            }
            for receipt in self._page
        ]
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist(rows, SCHEMA), sink, compression="zstd", write_page_checksum=True)
        store = store or self._store
        store.replace(f"{FOLDER}/{self._attempt:04}-{self._full:05}.parquet", sink.getvalue().to_pybytes())
        self._kept = len(self._page)
        if self._kept >= FLUSH_RECEIPTS:
            self._full += 1
            self._kept = 0
            self._page.clear()


def read_receipts(folder: Folder) -> dict[str, Receipt]:
    """Return the newest receipt of every unit that has one, by unit id."""
    store = open_store(folder)
    newest: dict[str, Receipt] = {}
    for receipt in chain.from_iterable(_pages(store)):
        before = newest.get(receipt.unit_id)
        if before is None or before.revision <= receipt.revision:
            newest[receipt.unit_id] = receipt
    return newest


def footers(folder: Folder, committed: Committed) -> Iterator[tuple[Shard, Footer]]:
    """Yield the footer of every shard of `committed`, from its receipt where there is one that can be read."""
    store = open_store(folder)
    left = np.ones(len(committed), dtype=bool)
    for page in _pages(store, without_damaged=True):
        for place, receipt in zip(committed.places([each.unit_id for each in page]).tolist(), page, strict=True):
            # A receipt of another revision says nothing of this shard.
            if place < 0 or not left[place]:
                continue
            shard = committed.at(place)
            if shard.revision == receipt.revision:
                left[place] = False
                yield shard, Footer(tally=receipt.tally, content=receipt.content, effort=receipt.effort)
    yield from read_footers(store, map(committed.at, np.flatnonzero(left).tolist()))


def committed_tally(folder: Folder, committed: Committed) -> Tally:
    """Return the sum of the counts of all shards of `committed`."""
    total = Tally()
    for _, footer in footers(folder, committed):
        total.add(footer.tally)
    return total


def _pages(store: Store, *, without_damaged: bool = False) -> Iterator[list[Receipt]]:
    """Yield the receipts of a folder, page by page, earlier attempts first. Raises `Unreadable` for a damaged page."""
    names = [entry.name for entry in store.entries(FOLDER)]
    for data in in_order(store.read, names, min(store.width, _PAGES_AHEAD)):
        try:
            page = _receipts_in(data)
        except Unreadable:
            if without_damaged:
                continue
            raise
        yield page


def _receipts_in(data: bytes) -> list[Receipt]:
    """Return the receipts of a page; one of an earlier version has no checksums. Raises `Unreadable` for damage."""
    with reading(), pq.ParquetFile(pa.BufferReader(data), **CHECKSUMS) as file:
        table = file.read()
        # Names and types have no checksum.
        if not table.schema.equals(SCHEMA):
            raise Unreadable(f"columns of other names or types, expected {', '.join(SCHEMA.names)}")
        return [_receipt_of(row) for row in table.to_pylist()]


def _receipt_of(row: Mapping[str, Any]) -> Receipt:
    """Return the receipt in a row. Raises what `reading` knows as damage."""
    if None in row.values():
        raise TypeError("a receipt lacks something")
    return Receipt(
        unit_id=row["unit_id"],
        name="",
        n_bytes=row["n_bytes"],
        tally=Tally.of_dict(json.loads(row["tally"])),
        created=True,
        revision=row["revision"],
        content=row["content"],
        effort=dict(json.loads(row["effort"])),
    )
