"""Command `factory status`: how far a run is and how its driver is, from its folder alone."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

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


def status_figures(run_dir: str, address: str = "") -> dict[str, Any]:
    """Return the same as JSON values. Raises `BadInput` as `status_lines` does."""
    if address:
        from tools.commands.elsewhere.jobs import job_figures

        return {"folder": run_dir, "jobs": job_figures(address, run_dir)}
    store = open_store(run_dir)
    imported_from = imported_format(store)
    if imported_from is not None:
        counts = committed_tally(store, committed_in(store)).as_dict()
        return {"folder": run_dir, "imported_from": imported_from, "counts": counts}
    settings = opened(run_dir)
    return {
        "folder": run_dir,
        "pipeline": settings.pipeline,
        "driver": driver_figures(store),
        **settings.definition.status_figures(settings, store),
    }


def driver_figures(store: Store) -> dict[str, Any] | None:
    """Return how the run's driver is as JSON values; None where there was none, or its log is damaged."""
    with suppress(BadInput):
        if (state := driver_state(store)) is not None:
            known = {name: state.log.get(name) for name in ("host", "pid", "started", "ended", "ended_by")}
            return {
                "state": state.kind,
                "attempt": state.attempt,
                **known,
                "silent_s": state.silent_s,
                "job": state.job,
            }
    return None


def _driver_lines(store: Store) -> list[str]:
    """Return how the run's driver is; nothing where there was none, or its log is damaged."""
    with suppress(BadInput):
        state = driver_state(store)
        return driver_lines(state) if state is not None else []
    return []
