"""Facts of a folder of records: those of its config, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from factory.config import parse_yaml
from factory.errors import BadInput
from factory.storage.store import Store
from pipelines.maintenance.import_labels import imported_format
from pipelines.run.driver_state import ENDED, driver_state
from pipelines.run.merged_folder import merged_from
from pipelines.run.run_folder import CONFIG, asked_for, survey_of

_PICKED_BY = {"source": "kind", "engine": "kind", "search": "method", "supervision": "method", "checker": "kind"}


def facts_of(store: Store, run_dir: str) -> dict[str, Any]:
    """Return what a folder is: "kind" (run, import, merge or records), and what its config says of a run.

    Raises `BadInput` for a manifest that cannot be read.
    """
    facts: dict[str, Any] = {"folder": run_dir, "kind": "records"}
    if (layout := imported_format(store)) is not None:
        return {**facts, "kind": "import", "format": layout}
    if (merged := merged_from(store)) is not None:
        return {**facts, "kind": "merge", "of": merged.source, "expected": merged.questions}
    try:
        config = parse_yaml(store.read(CONFIG).decode(), f"{store.url}/{CONFIG}")
    except FileNotFoundError:
        return facts
    return {**facts, "kind": "run", **_of_a_run(config, store)}


def _of_a_run(config: Mapping[str, Any], store: Store) -> dict[str, Any]:
    """Return what a run's config says, and how many questions it has."""
    raised = {}
    with suppress(ValueError):
        raised = asked_for(store, None)
    picked = {}
    for section, key in _PICKED_BY.items():
        values = {**(config.get(section) or {}), **_below(raised, section)}
        picked[section] = {"name": values.pop(key, None), "settings": values}
    survey = survey_of(store)
    others = config.get("models") or {}
    return {
        "pipeline": config.get("pipeline"),
        "model": config.get("model"),
        "models": {role: str((pool or {}).get("model") or config.get("model")) for role, pool in others.items()},
        **picked,
        "prompt": {name: (config.get("prompt") or {}).get(name) for name in ("template", "style")},
        "sampling": {name: (config.get("sampling") or {}).get(name) for name in ("temperature", "top_p", "max_tokens")},
        "seed": (config.get("run") or {}).get("seed"),
        "gpu_hour_price": float((config.get("cluster") or {}).get("gpu_hour_price") or 0.0),
        "expected": survey.questions if survey else None,
        "skipped": {"bad_golds": len(survey.bad_golds), "doubles": survey.duplicates} if survey else None,
    }


def _below(amounts: Mapping[str, Any], section: str) -> dict[str, Any]:
    """Return the amounts of a section by their names in it."""
    return {key.partition(".")[2]: value for key, value in amounts.items() if key.startswith(f"{section}.")}


def state_of(store: Store, facts: Mapping[str, Any], questions: int) -> dict[str, Any]:
    """Return how far a folder is.

    Args:
      store: the folder.
      facts: as `facts_of` returns them.
      questions: questions that were read.

    Returns:
      "complete" (None where nobody knows how many there should be), "driver" (None where there was none, else alive,
      silent, gone or ended), "attempts".
    """
    expected = facts.get("expected")
    state: dict[str, Any] = {"expected": expected, "complete": None, "driver": None, "attempts": 0}
    if expected is not None and facts.get("pipeline") in (None, "label_steps"):
        state["complete"] = questions >= expected
    with suppress(BadInput):
        # A driver elsewhere is not watched: the report says how the folder was when it was read.
        driver = driver_state(store, watch_s=0.0)
        if driver is not None:
            state |= {"driver": driver.kind, "attempts": driver.attempt, "ended": driver.kind == ENDED}
    return state
