"""The shard writer: turns a unit's rows into one committed Parquet object."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from factory.records.tally import Tally
from factory.shards.commits import Receipt, commit
from factory.storage.access import Access
from factory.storage.opening import open_store


class ShardWriter:
    """A Ray shell around `factory.shards.commits.commit`; any number of writers may share a run folder."""

    def __init__(self, run_dir: str, access: Access) -> None:
        self._store = open_store(run_dir, access)

    def commit(
        self, unit_id: str, batch: pa.RecordBatch, counted: Tally, revision: int, effort: Mapping[str, int]
    ) -> Receipt:
        """Commit and say what now lies there. Raises `CommitFailed` when the store refuses."""
        return commit(self._store, unit_id, batch, counted, revision=revision, effort=effort)
