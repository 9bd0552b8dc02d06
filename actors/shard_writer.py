"""The shard writer: turns a unit's rows into one committed Parquet object."""

from __future__ import annotations

import pyarrow as pa

from factory.shards import Receipt, commit
from factory.tally import Tally


class ShardWriter:
    """A Ray shell around `factory.shards.commit`; any number of writers may share a run folder."""

    def __init__(self, run_dir: str) -> None:
        self._run_dir = run_dir

    def commit(self, unit_id: str, batch: pa.RecordBatch, counted: Tally) -> Receipt:
        """Commit and say what now lies there. Raises `CommitFailed` when the disk refuses."""
        return commit(self._run_dir, unit_id, batch, counted)
