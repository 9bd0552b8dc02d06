"""Shard writer: turns a unit's rows into one committed Parquet object."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

import pyarrow as pa

from actors import json_log
from actors.metering import RayMeter
from factory.errors import CommitFailed
from factory.records.tally import Tally
from factory.shards.commits import Receipt, commit
from factory.storage.opening import Location
from factory.storage.store import Store

# Seconds that commits in progress may take to end once nobody wants more; who closes a writer waits less.
CLOSE_S = 60.0


class ShardWriter:
    """Actor around `factory.shards.commits.commit`; any number of writers may share a run folder.

    It belongs to no run: each call says where to write.
    """

    def __init__(self) -> None:
        json_log.begin()
        # The store that was written to last, open: a run's commits all go to one.
        self._opened: tuple[Location, Store] | None = None
        # Commits in progress, one per thread; whether no more may begin.
        self._changed = threading.Condition()
        self._commits = 0
        self._closed = False
        self._meter = RayMeter()

    def commit(
        self,
        folder: Location,
        unit_id: str,
        batch: pa.RecordBatch,
        counted: Tally,
        revision: int,
        effort: Mapping[str, int],
    ) -> Receipt:
        """Commit a unit's rows and return what now lies there.

        Args:
          folder: run folder.
          unit_id: id of the unit.
          batch: rows of all its questions, in order.
          counted: tally of those rows.
          revision: 0 at first; one more each time that the unit is continued.
          effort: what was asked for, by name; kept in the shard.

        Raises:
          CommitFailed: the store refuses, or the writer is closed.
        """
        with self._changed:
            if self._closed:
                raise CommitFailed(f"unit {unit_id} came after its run had ended. Run `factory resume`.")
            self._commits += 1
        began = time.monotonic()
        try:
            receipt = commit(self._store(folder), unit_id, batch, counted, revision=revision, effort=effort)
            self._meter.observe("factory_commit_seconds", time.monotonic() - began)
            return receipt
        finally:
            with self._changed:
                self._commits -= 1
                self._changed.notify_all()

    def close(self) -> None:
        """Begin no more commits, and wait for those in progress: one that is killed leaves a temporary file."""
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: not self._commits, CLOSE_S)

    def _store(self, folder: Location) -> Store:
        """Return the store at `folder`, which stays open for the next call."""
        # Several threads may come here at once. Each gets the store it asked for; at worst one is opened twice.
        opened = self._opened
        if opened is None or opened[0] != folder:
            opened = self._opened = (folder, folder.open())
        return opened[1]
