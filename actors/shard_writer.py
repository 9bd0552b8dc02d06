"""Shard writer: turns a unit's rows into one committed Parquet object."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from factory.records.tally import Tally
from factory.shards.commits import Receipt, commit
from factory.storage.access import Access
from factory.storage.opening import open_store


class ShardWriter:
    """Actor around `factory.shards.commits.commit`; any number of writers may share a run folder."""

    def __init__(self, run_dir: str, access: Access) -> None:
        self._store = open_store(run_dir, access)

    def commit(
        self, unit_id: str, batch: pa.RecordBatch, counted: Tally, revision: int, effort: Mapping[str, int]
    ) -> Receipt:
        """Commit a unit's rows and return what now lies there.

        Args:
          unit_id: id of the unit.
          batch: rows of all its questions, in order.
          counted: tally of those rows.
          revision: 0 at first; one more each time that the unit is continued.
          effort: what was asked for, by name; kept in the shard.

        Raises:
          CommitFailed: the store refuses.
        """
        return commit(self._store, unit_id, batch, counted, revision=revision, effort=effort)
