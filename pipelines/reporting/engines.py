"""Use of a run's engines as its attempts have kept it: totals by attempt and role, and over time."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from factory.errors import StorageFailed
from factory.storage.store import Store
from factory.types import POLICY
from pipelines.driving.engine_history import over_time, rates, thinned

_FIGURES = re.compile(r"(?P<part>.*/)?logs/attempt_(?P<attempt>\d+)/engines\.json")


def engine_figures(store: Store, parts: list[str]) -> dict[str, Any]:
    """Return a row per folder, attempt and role, and few points of each role from the histories that they kept.

    Attempts whose figures are lost, damaged or of an older version are left out, or have no history.
    """
    rows: list[dict[str, Any]] = []
    history: list[dict[str, Any]] = []
    for part in parts:
        for entry in store.entries(f"{part}/logs".lstrip("/")):
            match = _FIGURES.fullmatch(entry.name)
            if match is None:
                continue
            where = {"part": part, "attempt": int(match["attempt"])}
            try:
                values = json.loads(store.read(entry.name))
                rows += [{**where, **row} for row in _rows(values)]
                history += [{**where, **point} for point in _points(values)]
            except (FileNotFoundError, StorageFailed, ValueError, TypeError, LookupError, AttributeError):
                continue
    rows.sort(key=lambda row: (row["part"], row["attempt"], row["role"]))
    history.sort(key=lambda point: float(point["at"]))
    roles = dict.fromkeys(point["role"] for point in history)
    few = [point for role in roles for point in thinned([one for one in history if one["role"] == role])]
    return {"rows": rows, "history": sorted(few, key=lambda point: float(point["at"]))}


def _rows(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row per role of one attempt."""
    engines = [*values["engines"], *values.get("gone", ())]
    rows = []
    for role in dict.fromkeys(str(engine.get("role", POLICY)) for engine in engines):
        mine = [engine for engine in engines if str(engine.get("role", POLICY)) == role]
        facts = values["engine"] if role == POLICY else values.get("others", {}).get(role, {})
        total = {name: sum(float(engine.get(name, 0)) for engine in mine) for name in _SUMMED}
        room = sum(float(engine["slots"]) * float(engine["seconds"]) for engine in mine)
        rows.append(
            {
                "role": role,
                "engine": str(facts.get("engine")),
                "engines": sum(int(engine.get("engines", 1)) for engine in mine),
                "busy": min(1.0, total["slot_seconds"] / room) if room else None,
                "tokens_per_s": _speed(values, role, mine),
                "cache_hit_rate": _cache_hits(mine),
                **{name: total[name] for name in ("seconds", "silent_seconds", "preemptions", "restarts")},
            }
        )
    return rows


def _speed(values: Mapping[str, Any], role: str, engines: list[Mapping[str, Any]]) -> float | None:
    """Return the tokens per second that the engines of a role have sampled together; None where nobody says."""
    # Where engines have followed each other, none has lived as long as the attempt: only the history says how fast.
    if any(str(engine.get("role", POLICY)) == role for engine in values.get("gone", ())):
        between = rates(values.get("history", {}).get(role, ()))
        return over_time(between, "tokens_per_s") if between else None
    longest = max((float(engine["seconds"]) for engine in engines), default=0.0)
    return sum(float(engine["output_tokens"]) for engine in engines) / longest if longest else None


_SUMMED = ("slot_seconds", "output_tokens", "seconds", "silent_seconds", "preemptions", "restarts")


def _cache_hits(engines: list[Mapping[str, Any]]) -> float | None:
    """Return the share of prompt tokens that were cached, weighted by these tokens; None where nobody says."""
    known = [engine for engine in engines if engine.get("cache_hit_rate") is not None and engine.get("prompt_tokens")]
    read = sum(float(engine["prompt_tokens"]) for engine in known)
    return sum(float(one["cache_hit_rate"]) * float(one["prompt_tokens"]) for one in known) / read if read else None


def _points(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rates of an attempt's history, by role; none in figures of an older version."""
    history = values.get("history", {})
    return [{"role": str(role), **rate} for role, points in history.items() for rate in rates(points)]
