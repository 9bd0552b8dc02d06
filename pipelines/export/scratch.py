"""Scratch folder of an export, for what is not yet published: in a local OUT, under $TMPDIR for s3://.

An OUT has always the same one, under a lock that goes with the process: what a killed export left there is removed by
the next one.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from factory.errors import BadInput

SCRATCH = ".export"


@contextmanager
def scratch_for(url: str, local: Path | None) -> Iterator[Path]:
    """Give the block the empty scratch folder of the OUT at `url`; `local` is its path, None on S3.

    Raises `BadInput` where another export has it, and `OSError` where it cannot be made.
    """
    beside = local or temporary_for(url)
    if local:
        beside.mkdir(parents=True, exist_ok=True)
    else:
        beside.mkdir(mode=0o700, exist_ok=True)
        # The name can be guessed, so somebody else may have made the folder.
        if beside.is_symlink() or beside.stat().st_uid != os.getuid():
            raise BadInput(f"{beside} is another user's. Set TMPDIR to a folder of your own, then export again.")
    with _locked(beside, url):
        # With the lock held, whatever lies there was left by a killed export.
        scratch = beside / SCRATCH
        remove(scratch)
        scratch.mkdir()
        try:
            yield scratch
        finally:
            remove(scratch if local else beside)


def temporary_for(url: str) -> Path:
    """Return the folder under $TMPDIR for an OUT that is not local."""
    return Path(tempfile.gettempdir(), f"factory-export-{os.getuid()}-{hashlib.sha256(url.encode()).hexdigest()[:16]}")


def remove(folder: Path) -> None:
    """Remove a folder with everything in it; one that is not there is no error."""
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path, url: str) -> Iterator[None]:
    """Hold the lock on a folder for the block. Raises `BadInput` where another export has it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            # A lock goes with the process that holds it, however that ends.
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The folder may be gone with the export that had the lock.
            gone = not os.path.samestat(os.fstat(handle), os.stat(folder))
        except (BlockingIOError, FileNotFoundError):
            gone = True
        if gone:
            raise BadInput(f"another export is writing to {url}. Wait for it, or choose another OUT.")
        yield
    finally:
        os.close(handle)
