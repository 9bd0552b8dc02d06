"""GPU time of a run, from the figures of its engines that every attempt has kept in the run folder."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from itertools import chain
from typing import Any

from factory.errors import StorageFailed
from factory.storage.store import Store
from factory.types import POLICY

_FIGURES = re.compile(r"(.*/)?logs/attempt_\d+/engines\.json")


def gpu_hours_in(store: Store, *folders: str) -> dict[str, float]:
    """Return the GPU-hours by role over all attempts of the run in `store`, or of all runs within some of its folders.

    Roles without GPUs are left out.

    They count from when an engine was up; attempts whose figures are lost or damaged, or from before GPUs were among
    them, count for nothing.
    """
    hours: defaultdict[str, float] = defaultdict(float)
    for entry in chain.from_iterable(store.entries(folder) for folder in folders or ("logs",)):
        if not _FIGURES.fullmatch(entry.name):
            continue
        with suppress(FileNotFoundError, StorageFailed, ValueError, TypeError, KeyError, AttributeError):
            for role, amount in gpu_hours_of(json.loads(store.read(entry.name))).items():
                hours[role] += amount
    return {role: round(amount, 6) for role, amount in hours.items() if amount}


def gpu_hours_of(values: Mapping[str, Any]) -> dict[str, float]:
    """Return the GPU-hours by role of one attempt, from its figures. Raises as damaged ones do: `ValueError`, …."""
    hours: defaultdict[str, float] = defaultdict(float)
    for engine in (*values["engines"], *values.get("gone", ())):
        role = str(engine.get("role", POLICY))
        hours[role] += float(engine["seconds"]) * float(values["gpus"].get(role, 0.0)) / 3600
    return dict(hours)
