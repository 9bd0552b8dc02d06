"""Provenance of a model's weights, and the comparison of a finished model with the one that is asked for."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from actors.models.resolve import model_revision
from actors.training.model import PROVENANCE
from actors.training_data.files import digests
from factory.self_training.training import TrainingJob
from factory.storage.access import Access
from factory.storage.opening import open_store


def provenance(kind: str, config: dict[str, Any], job: TrainingJob, access: Access | None = None) -> dict[str, Any]:
    """Return what made the weights, without places and times: two equal trainings have equal provenance.

    Args:
      kind: name of the trainer plug-in.
      config: all its settings.
      job: places, seed and round of the training.
      access: credentials for data in an object store.

    Raises:
      TrainingFailed: the data cannot be read.
    """
    return {
        "base_revision": model_revision(job.model),
        "trainer": kind,
        "settings": config,
        "seed": job.seed,
        "round": job.round,
        "data": digests(job.data, access),
    }


def difference(out: str, ours: Mapping[str, Any], execution: Collection[str], access: Access | None = None) -> str:
    """Return in words how the model in `out` was made otherwise than by `ours`; empty where it was not.

    What one of the two does not know is no difference.

    Args:
      out: folder or URL of a finished model.
      ours: `provenance` of the training that is asked for.
      execution: names of settings that the weights do not depend on; they may differ.
      access: credentials for a model in an object store.
    """
    theirs = json.loads(open_store(out, access).read(PROVENANCE))
    for name in ("trainer", "seed", "base_revision"):
        if None not in (theirs.get(name), ours[name]) and theirs[name] != ours[name]:
            return f"{name} was {theirs[name]}, now {ours[name]}"
    settings = json.loads(json.dumps(ours["settings"]))
    for name, value in theirs["settings"].items():
        if name in settings and name not in execution and value != settings[name]:
            return f"trainer.{name} was {value}, now {settings[name]}"
    if "data" in theirs and theirs["data"] != ours["data"]:
        return "the data were others"
    return ""
