"""Commits of a worker's units: small ones are sent to their shard writer, large ones are written where they are."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from actors.calls import GONE, CallPatience, brief, wait_until_ready, within
from actors.earlier_rows import shard_of
from factory.errors import CommitFailed, FactoryError
from factory.question_pipeline.effort import least
from factory.records.batches import batches_of, most_bytes
from factory.records.record import to_batch
from factory.records.tally import Tally, tally
from factory.shards.commits import Receipt, commit, later_revision, read_footer, receipt_of
from factory.shards.damage import undamaged
from factory.shards.units import Unit
from factory.storage.opening import Location
from factory.storage.store import Store

# Most text of a unit that is sent to a writer, in bytes. The object store of a local Ray has half a gigabyte, and a
# container's may have less.
SENT_BYTES = 64 * 2**20


class UnitCommits:
    """Committer of units to one run folder.

    Args:
      folder: run folder.
      store: the same, open.
      writers: handles of the shard writers, those that leave left out (`update`).
      patience: time-outs and attempts of calls to them.
    """

    def __init__(self, folder: Location, store: Store, writers: Sequence[Any], patience: CallPatience) -> None:
        self._folder = folder
        self._store = store
        self._writers = writers
        self._patience = patience
        self._news = asyncio.Event()
        # One at a time, for the memory.
        self._large = asyncio.Lock()

    def update(self, writers: Sequence[Any]) -> None:
        """Have these writers from now on; a commit that another one does not answer goes to one of them."""
        self._writers = writers
        self._news.set()
        self._news = asyncio.Event()

    async def __call__(self, unit: Unit, rows: list[dict[str, Any]]) -> Receipt:
        """Commit the rows: small units through their writer, large ones here, as they would fill Ray's object store.

        Raises `CommitFailed` when no writer answers or the store refuses, `FactoryError` when memory ends.
        """
        try:
            if sum(map(most_bytes, rows)) <= SENT_BYTES:
                return await self._sent(unit, to_batch(rows), tally(rows), least(rows))
            async with self._large:
                # The rows become Arrow batches one after the other.
                writing = partial(commit, revision=unit.revision, effort=least(rows))
                return await asyncio.to_thread(writing, self._store, unit.id, batches_of(rows), tally(rows))
        except MemoryError:
            raise FactoryError(
                f"memory ended while unit {unit.id} of {len(rows)} questions was written. Expected room for its rows; "
                "start fewer at a time (cluster.units_in_flight), or on a larger machine, and run `factory resume`."
            ) from None

    async def close(self) -> None:
        """Begin no more large units, and wait for the one that is being written."""
        await self._large.acquire()

    async def _sent(self, unit: Unit, batch: pa.RecordBatch, counted: Tally, effort: Mapping[str, int]) -> Receipt:
        """Send the rows to the unit's writer until it answers. Raises `CommitFailed` when it never does."""
        reason, tries = "none came in time", 0
        # Not tenacity: what is between two attempts is no pause, but the restarted writer's answer.
        while tries < self._patience.attempts and (writer := await self._writer_of(unit)) is not None:
            committing = writer.commit.remote(self._folder, unit.id, batch, counted, unit.revision, effort)
            try:
                return await within(committing, self._patience.commit_s)
            except GONE as error:
                # Committing twice is safe: the object's name is taken once.
                reason = brief(error)
            if not await self._back_or_left(writer):
                break
            # One that has left the roster costs no try.
            tries += writer in self._writers
        raise CommitFailed(f"shard writer gave no answer for unit {unit.id}: {reason}. Run `factory resume`.")

    async def _writer_of(self, unit: Unit) -> Any | None:
        """Return the writer of a unit, as soon as there is one; None when none comes."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience.restart_s):
                while not self._writers:
                    await self._news.wait()
        # By its id: units spread evenly, and a unit has one writer.
        return self._writers[int(unit.id[:8], 16) % len(self._writers)] if self._writers else None

    async def _back_or_left(self, writer: Any) -> bool:
        """Return once a writer is up again, or another one is there in its place; False where neither comes."""
        ready = asyncio.ensure_future(wait_until_ready(writer.__ray_ready__.remote, self._patience.restart_s))
        try:
            while writer in self._writers and not ready.done():
                news = asyncio.ensure_future(self._news.wait())
                await asyncio.wait([ready, news], return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
            return writer not in self._writers or ready.result()
        finally:
            ready.cancel()

    def before(self, unit: Unit) -> Receipt:
        """Return the receipt of a unit that was committed before, without anybody hearing of it.

        Its worker, or an earlier attempt's writer, died between the commit and the news of it. Raises
        `FileNotFoundError` where the unit is gone altogether, `BadInput` where it is damaged.
        """
        shard = later_revision(self._store, shard_of(unit, -1))
        if shard is None:
            raise FileNotFoundError(f"no shard of unit {unit.id} in {self._store.url}: it was there a moment ago")
        with undamaged(self._store, shard.name):
            return receipt_of(shard, read_footer(self._store, shard))
