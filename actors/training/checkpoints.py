"""Checkpoints that are whole or do not count.

transformers writes a checkpoint file by file into its final folder. A seal (the size of every file), written last and
by one rename, tells a whole one from one that a kill cut short. Older ones are removed only after that.
"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from pickle import UnpicklingError  # what torch.load raises for a damaged file; nothing is unpickled here

from actors.models.files import sync

SEAL = "whole.json"
_JOB = "job.json"
_NAME = re.compile(r"checkpoint-(\d+)")


def numbered(folder: Path) -> list[tuple[int, Path]]:
    """Return the checkpoints in `folder`, whole or not, with their steps, newest first."""
    matches = ((_NAME.fullmatch(path.name), path) for path in folder.glob("checkpoint-*"))
    return sorted(((int(match[1]), path) for match, path in matches if match), reverse=True)


def begin(folder: Path, job: str) -> None:
    """Make `folder` this job's: checkpoints of another one (other data, model or settings) are removed."""
    marker = folder / _JOB
    if not marker.is_file() or marker.read_text() != job:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        marker.write_text(job)


def seal(checkpoint: Path, keep: int) -> None:
    """Declare a checkpoint whole once its bytes are on the disk, then remove all but the newest `keep`."""
    # Bytes first, then the seal: an older checkpoint goes only when a newer one is whole.
    files = [path for path in checkpoint.iterdir() if path.is_file() and path.name != SEAL]
    for path in (*files, checkpoint):
        sync(path)
    temp = checkpoint / f"{SEAL}.tmp"
    temp.write_text(json.dumps({path.name: path.stat().st_size for path in files}))
    sync(temp)
    temp.rename(checkpoint / SEAL)
    sync(checkpoint)
    for _, old in numbered(checkpoint.parent)[keep:]:
        shutil.rmtree(old, ignore_errors=True)


def newest_whole(folder: Path) -> tuple[int, Path] | None:
    """Return the newest checkpoint that can be loaded, and its step; newer ones that cannot are removed."""
    for step, path in numbered(folder):
        if _whole(path) and _loads(path):
            return step, path
        shutil.rmtree(path, ignore_errors=True)
    return None


def _whole(checkpoint: Path) -> bool:
    """Return True when every file has the size that the seal names."""
    try:
        sizes = json.loads((checkpoint / SEAL).read_text())
        return bool(sizes) and all((checkpoint / name).stat().st_size == size for name, size in sizes.items())
    except (OSError, ValueError, AttributeError):
        return False


def _loads(checkpoint: Path) -> bool:
    """Return True when every file of tensors opens; maps them only, so large ones cost no memory."""
    import torch
    from safetensors import SafetensorError, safe_open

    try:
        json.loads((checkpoint / "trainer_state.json").read_text())
        for path in checkpoint.glob("*.safetensors"):
            with safe_open(path, framework="pt") as tensors:
                tensors.keys()
        for name in ("optimizer.pt", "scheduler.pt"):
            torch.load(checkpoint / name, weights_only=True, mmap=True, map_location="cpu")
    except (OSError, ValueError, RuntimeError, EOFError, SafetensorError, UnpicklingError):
        return False
    return True
