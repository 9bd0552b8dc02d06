"""Two things that whoever writes model folders does to files."""

from __future__ import annotations

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Reach the disk before the rename does: a power cut must not leave a whole-looking folder of empty files."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
