"""Sealing and publishing of a trained model.

Invariant: a model folder that exists under its final name is whole. It appears by one rename.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from actors.models.files import sync
from actors.models.resolve import MANIFEST, model_revision
from actors.trained_models.trained_model import weight_files
from actors.training.model import PROVENANCE
from factory.errors import TrainingFailed
from factory.self_training.training import Trained, as_json, trained_from
from factory.storage.digests import sha256_of


def seal(folder: str, provenance: dict[str, Any], report: dict[str, float], seconds: float) -> Trained:
    """Write down what the model is (`provenance.json`) and what its files and training were (`manifest.json`).

    The provenance holds every weight file's SHA-256 and nothing that differs between two equal trainings: it counts in
    `model_revision`, which thereby names the exact weights. The manifest does not.

    Args:
      folder: the finished model, under its temporary name.
      provenance: what made the weights.
      report: the last value of every metric of the training.
      seconds: wall clock of the training.

    Returns:
      What is known of the trained model, with `folder` as its place.
    """
    path = Path(folder)
    weights = {file.name: sha256_of(file) for file in weight_files(path)}
    (path / PROVENANCE).write_text(json.dumps(provenance | {"weights": weights}, indent=1, sort_keys=True))
    revision = model_revision(folder) or ""
    trained = trained_from(report, folder, revision, seconds)
    files = {
        file.name: {"bytes": file.stat().st_size, "sha256": weights.get(file.name) or sha256_of(file)}
        for file in sorted(path.iterdir())
        if file.is_file() and file.name != MANIFEST
    }
    (path / MANIFEST).write_text(json.dumps({"files": files, "training": as_json(trained)}, indent=1))
    return trained


def publish(temp: str, out: str, trained: Trained) -> Trained:
    """Make the sealed folder `temp` appear as `out`, whole; a model that is there already stays, and is the one.

    Args:
      temp: sealed folder, on the same file system as `out`.
      out: final name.
      trained: what `seal` returned.

    Raises:
      TrainingFailed: something else is in its place.
    """
    # Every byte reaches the disk before the rename does.
    for path in (*(path for path in Path(temp).rglob("*") if path.is_file()), Path(temp)):
        sync(path)
    try:
        os.rename(temp, out)
    except OSError as error:
        # Another trainer, whose driver was taken for dead, may have been faster.
        if done := finished(out):
            return done
        raise TrainingFailed(
            f"the trained model cannot become {out} ({error.strerror}); move away what is there"
        ) from None
    sync(Path(out).parent)
    return replace(trained, folder=out)


def finished(out: str) -> Trained | None:
    """Return what is known of a published model; None when there is none. Sizes are checked, checksums are not."""
    path = Path(out)
    try:
        manifest = json.loads((path / MANIFEST).read_text())
        if any((path / name).stat().st_size != entry["bytes"] for name, entry in manifest["files"].items()):
            return None
        return replace(Trained(**manifest["training"]), folder=out)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
