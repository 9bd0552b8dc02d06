"""Command `factory status`: how far a run is, from its folder alone."""

from __future__ import annotations

from factory.shards.commits import listed
from factory.shards.receipts import committed_tally
from factory.storage.opening import open_store
from pipelines.maintenance.import_labels import imported_format
from pipelines.run.label_report import counts_lines
from pipelines.run.run_folder import opened


def status_lines(run_dir: str) -> list[str]:
    """Return progress and counts of a run folder, or counts of an import. Raises `BadInput` when it is neither."""
    store = open_store(run_dir)
    imported_from = imported_format(store)
    if imported_from is not None:
        tally = committed_tally(store, listed(store)[0])
        return [f"{run_dir}: imported from {imported_from}, {tally.questions:,} lines", *counts_lines(tally)]
    settings = opened(run_dir)
    return settings.definition.status_lines(settings, store)
