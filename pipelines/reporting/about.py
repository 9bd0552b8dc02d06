"""Facts of a folder of records: those of its config, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from math import isfinite
from typing import Any

from factory.config import parse_yaml
from factory.errors import BadInput
from factory.storage.store import Store
from pipelines.maintenance.import_labels import imported_format
from pipelines.run.driver_state import ENDED, driver_state
from pipelines.run.merged_folder import merged_from
from pipelines.run.run_folder import CONFIG, asked_for, config_text, survey_of
from pipelines.run.settings import Settings

_PLAIN = ("prompt", "sampling", "run", "cluster", "models")
_PICKED_BY = {"source": "kind", "engine": "kind", "search": "method", "supervision": "method", "checker": "kind"}


def facts_of(store: Store, run_dir: str) -> dict[str, Any]:
    """Return what a folder is: "kind" (run, import, merge or records), and what its config says of a run.

    Raises `BadInput` for a manifest or a config that cannot be read.
    """
    facts: dict[str, Any] = {"folder": run_dir, "kind": "records"}
    if (layout := imported_format(store)) is not None:
        return {**facts, "kind": "import", "format": layout}
    if (merged := merged_from(store)) is not None:
        return {**facts, "kind": "merge", "of": merged.source, "expected": merged.questions}
    text = config_text(store)
    if text is None:
        return facts
    name = f"{store.url}/{CONFIG}"
    return {**facts, "kind": "run", **_of_a_run(parse_yaml(text, name), name, store)}


def _of_a_run(config: Mapping[str, Any], name: str, store: Store) -> dict[str, Any]:
    """Return what a run's config says, and how many questions it has.

    The config is not checked against plug-ins, which may be missing here. `name`: what to call it in messages.
    """
    sections = {section: _section(config, section, name) for section in (*_PICKED_BY, *_PLAIN)}
    raised = asked_for(store, None)
    picked = {}
    for section, key in _PICKED_BY.items():
        values = {**sections[section], **_below(raised, section)}
        picked[section] = {"name": values.pop(key, None), "settings": values}
    survey = survey_of(store)
    others = {role: _section(sections["models"], role, name) for role in sections["models"]}
    return {
        "pipeline": config.get("pipeline"),
        "model": config.get("model"),
        "models": {role: str(pool.get("model") or config.get("model")) for role, pool in others.items()},
        **picked,
        "prompt": {key: sections["prompt"].get(key) for key in ("template", "style")},
        "sampling": {key: sections["sampling"].get(key) for key in ("temperature", "top_p", "max_tokens")},
        "seed": sections["run"].get("seed"),
        "gpu_hour_price": _price(sections["cluster"].get("gpu_hour_price"), name),
        "expected": survey.questions if survey else None,
        "skipped": {"bad_golds": len(survey.bad_golds), "doubles": survey.duplicates} if survey else None,
    }


def _section(values: Mapping[str, Any], key: str, name: str) -> Mapping[str, Any]:
    """Return a section of a config, empty where it is left out. Raises `BadInput` where it is none."""
    section = values.get(key) or {}
    if not isinstance(section, Mapping):
        raise BadInput(f"{name}: {key} is {str(section)[:80]!r}. Expected a section with keys; restore the file.")
    return section


def _price(value: Any, name: str) -> float:
    """Return the price of a GPU-hour, 0 where nobody says. Raises `BadInput` where it is none."""
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value)):
        raise BadInput(f"{name}: cluster.gpu_hour_price is {str(value)[:80]!r}. Expected a number; restore the file.")
    return float(value or 0.0)


def _below(amounts: Mapping[str, Any], section: str) -> dict[str, Any]:
    """Return the amounts of a section by their names in it."""
    return {key.partition(".")[2]: value for key, value in amounts.items() if key.startswith(f"{section}.")}


def state_of(store: Store, facts: Mapping[str, Any], settings: Settings | str, questions: int) -> dict[str, Any]:
    """Return how far a folder is.

    Args:
      store: the folder.
      facts: as `facts_of` returns them.
      settings: settings of the run; why there are none where they cannot be had.
      questions: questions that were read.

    Returns:
      "complete", as `factory status` says it (None where nobody knows), "short_units", those that hold less than is
      asked for by now, "driver" (None where there was none, else alive, silent, gone or ended), "attempts".
    """
    # Of several runs within one the questions of all are read, so their number says nothing.
    expected = facts.get("expected") if facts.get("pipeline") in (None, "label_steps") else None
    state: dict[str, Any] = {"expected": expected, "complete": None, "short_units": 0, "driver": None, "attempts": 0}
    if expected is not None:
        state["complete"] = questions >= expected
    with suppress(BadInput):
        if not isinstance(settings, str):
            status = settings.definition.status_figures(settings, store)
            state |= {"complete": bool(status["complete"]), "short_units": status.get("short_units", 0)}
    with suppress(BadInput):
        # A driver elsewhere is not watched: the report says how the folder was when it was read.
        driver = driver_state(store, watch_s=0.0)
        if driver is not None:
            state |= {"driver": driver.kind, "attempts": driver.attempt, "ended": driver.kind == ENDED}
    return state
