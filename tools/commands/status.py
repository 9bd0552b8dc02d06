"""Command `factory status`: how far a run is and how its driver is, from its folder alone."""

from __future__ import annotations

from contextlib import suppress

from factory.errors import BadInput
from factory.shards.listing import committed_in
from factory.shards.receipts import committed_tally
from factory.storage.opening import open_store
from factory.storage.store import Store
from pipelines.maintenance.import_labels import imported_format
from pipelines.run.driver_state import driver_lines, driver_state
from pipelines.run.label_report import counts_lines
from pipelines.run.run_folder import opened


def status_lines(run_dir: str, address: str = "") -> list[str]:
    """Return progress, driver and counts of a run folder, or counts of an import.

    With the `address` of a cluster's dashboard, return the run's jobs there, for which the folder need not be
    reachable. Raises `BadInput` when the folder is neither.
    """
    if address:
        from tools.commands.elsewhere.jobs import job_lines

        return job_lines(address, run_dir)
    store = open_store(run_dir)
    imported_from = imported_format(store)
    if imported_from is not None:
        tally = committed_tally(store, committed_in(store))
        return [f"{run_dir}: imported from {imported_from}, {tally.questions:,} lines", *counts_lines(tally)]
    settings = opened(run_dir)
    lines = settings.definition.status_lines(settings, store)
    # What to do next stays last.
    at = len(lines) - lines[-1].startswith("go on ")
    return [*lines[:at], *_driver_lines(store), *lines[at:]]


def _driver_lines(store: Store) -> list[str]:
    """Return how the run's driver is; nothing where there was none, or its log is damaged."""
    with suppress(BadInput):
        state = driver_state(store)
        return driver_lines(state) if state is not None else []
    return []
