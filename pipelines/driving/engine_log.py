"""Figures of the engines in an attempt's log, `logs/attempt_N/engines.json`, and the lines that `factory status` shows.

    {"engine": {"engine": "vllm 0.32.0", "max_num_seqs": 256, …}, "engines": [{"busy": 0.97, "waiting": 40, …}, …],
     "others": {"judge": {"engine": "http", …}}, "gone": [{"role": "policy", "engines": 3, "seconds": 8000.0, …}, …],
     "gpus": {"policy": 1.0, …}, "history": {"policy": [[1796068800.0, 42.5, 64.0, 8000, 3], …]}}

"engine" are facts of the policy's; "gone" sums up the engines that have left the run, by role; "gpus" is what one
engine of each role holds, "history" is what `engine_history.py` keeps. They are news, no records: what cannot be
written or read is left out.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from typing import Any

from factory.errors import StorageFailed
from factory.storage.store import Store
from factory.text.durations import clock as time_text
from factory.text.safe_text import safe
from factory.types import POLICY
from pipelines.driving.engine_figures import EngineFigures
from pipelines.driving.engine_history import EngineHistory
from pipelines.logging.logged_values import is_number

WRITE_EVERY_S = 10.0
# Figures that logs of older versions do not have.
_LATER = ("role", "engines", "cache_full", "preemptions")
_MAY_BE_UNKNOWN = ("cache_hit_rate", "cache_full")
_KEPT = ("engine", "model", "max_num_seqs", "max_num_batched_tokens")
# Engines of a role that `factory status` has a line for; of more, the least busy ones.
SHOWN = 16


class EngineLog:
    """Writer of the figures of one attempt.

    Args:
      store: the run folder, one that does not wait long for its storage.
      attempt: number of the attempt.
      facts: facts that an engine of each role said of itself.
      gpus: GPUs of an engine, by role.
      clock: monotonic seconds.
    """

    def __init__(
        self,
        store: Store,
        attempt: int,
        facts: Mapping[str, Mapping[str, Any]],
        gpus: Mapping[str, float] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._name = f"logs/attempt_{attempt}/engines.json"
        self._facts = {role: {name: said.get(name) for name in _KEPT} for role, said in facts.items()}
        self._gpus = dict(gpus or {})
        self._clock = clock
        self._written = clock()
        self._history = EngineHistory()

    def keep(self, engines: Sequence[EngineFigures], gone: Sequence[EngineFigures] = ()) -> None:
        """Write the figures, if the last time was a while ago."""
        if self._clock() - self._written > WRITE_EVERY_S:
            self.write(engines, gone)

    def write(self, engines: Sequence[EngineFigures], gone: Sequence[EngineFigures] = ()) -> None:
        """Write the figures, and the sums over engines that are gone; a storage that does not answer gets none."""
        self._written = self._clock()
        values = {"engine": self._facts[POLICY], "engines": [engine.as_dict() for engine in engines]}
        if others := {role: facts for role, facts in self._facts.items() if role != POLICY}:
            values["others"] = others
        values["gpus"] = self._gpus
        self._history.add(time.time(), engines, gone)
        values["history"] = self._history.as_dict()
        if gone:
            values["gone"] = [engine.as_dict() for engine in gone]
        with suppress(StorageFailed):
            self._store.replace(self._name, (json.dumps(values) + "\n").encode())


def engine_values(store: Store, attempt: int) -> dict[str, Any] | None:
    """Return what an attempt's log holds of its engines; None where it has none, or none that can be read."""
    try:
        values = json.loads(store.read(f"logs/attempt_{attempt}/engines.json"))
    except (FileNotFoundError, StorageFailed, ValueError):
        return None
    return values if isinstance(values, dict) else None


def engine_lines(store: Store, attempt: int) -> list[str]:
    """Return what an attempt's log says of its engines: per role a line for all and one for each.

    Nothing where it has none.
    """
    values = engine_values(store, attempt)
    if values is None:
        return []
    try:
        engines, gone = figures_in(values["engines"]), figures_in(values.get("gone", []))
        facts = {POLICY: values["engine"], **values.get("others", {})}
        return [
            line
            for role in facts
            for line in [
                *_lines(role, facts[role], [one for one in engines if one.role == role]),
                *[_gone_line(one) for one in gone if one.role == role],
            ]
        ]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return []


def figures_in(values: Sequence[Mapping[str, Any]]) -> list[EngineFigures]:
    """Return the figures of engines as a log holds them.

    Raises `KeyError`, `TypeError` or `ValueError` for a log that is damaged.
    """
    known = [field.name for field in fields(EngineFigures)]
    figures = [
        EngineFigures(**{name: one[name] for name in known if name in one or name not in _LATER}) for one in values
    ]
    for one in figures:
        for name in known:
            if not _fits(name, getattr(one, name)):
                raise ValueError(f"{name} is no figure of an engine")
    return figures


def _fits(name: str, value: object) -> bool:
    """Return whether a field of `EngineFigures` holds what it should."""
    if name == "role":
        return isinstance(value, str)
    if name == "out":
        return isinstance(value, bool)
    return is_number(value) or (value is None and name in _MAY_BE_UNKNOWN)


def _gone_line(gone: EngineFigures) -> str:
    """Return what became of the engines that are gone."""
    busy = f", {gone.busy:.0%} busy" if gone.busy is not None else ""
    return f"               gone: {gone.engines:,}, {time_text(gone.seconds)} of them in all{busy}"


def _lines(role: str, facts: Mapping[str, Any], engines: Sequence[EngineFigures]) -> list[str]:
    """Return the lines of one role."""
    size = f", up to {facts['max_num_seqs']:,} samples at a time" if facts["max_num_seqs"] else ""
    slots = sum(engine.slots * engine.seconds for engine in engines)
    busy = f", {sum(engine.slot_seconds for engine in engines) / slots:.0%} busy" if slots else ""
    name = "engines" if role == POLICY else safe(role)
    lines = [f"{name:<14} {len(engines)} × {safe(str(facts['engine']))}{size}{busy}"]
    shown = sorted(range(len(engines)), key=lambda index: (not engines[index].out, engines[index].busy or 0.0))[:SHOWN]
    for index in sorted(shown):
        lines.append(f"               {index + 1}: {_engine_line(engines[index])}")
    if len(engines) > SHOWN:
        lines.append(f"               and {len(engines) - SHOWN} more, which were busier")
    return lines


def _engine_line(engine: EngineFigures) -> str:
    """Return the figures of one engine."""
    parts = []
    if engine.out:
        parts.append("out of service")
    if engine.busy is not None:
        parts.append(f"{engine.busy:.0%} busy")
    parts.append(f"{engine.running:,} running and {engine.waiting:,} waiting (at most {engine.most_waiting:,})")
    if engine.cache_hit_rate is not None:
        parts.append(f"{engine.cache_hit_rate:.0%} of prompt tokens cached")
    if engine.cache_full is not None:
        parts.append(f"cache {engine.cache_full:.0%} full")
    if engine.preemptions:
        parts.append(f"{engine.preemptions:,.0f} samples lost their place in it")
    if engine.restarts:
        parts.append(f"{engine.restarts:,} restarts")
    if engine.silent_seconds:
        parts.append(f"silent for {time_text(engine.silent_seconds)}")
    return ", ".join(parts)
