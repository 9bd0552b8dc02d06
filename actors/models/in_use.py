"""Marks on downloaded models that somebody uses: such a folder is not removed to make room for others.

A mark is a shared lock on the file `FOLDER.used`. It ends with its process, however that ends; and before, once the
process has marked several others: an engine that gets new weights every round has left the older ones.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Models that one process has marked at most: the last ones that it has asked for.
MOST = 4
# Open files of the marks of this process, the oldest first.
_held: dict[Path, int] = {}
_changing = threading.Lock()


def hold(folder: Path) -> None:
    """Mark a folder as used by this process; waits while somebody removes it.

    Look whether the folder is there after this, not before.
    """
    with _changing:
        file = _held.pop(folder, None)
        if file is None:
            file = _opened(folder)
            fcntl.flock(file, fcntl.LOCK_SH)
        _held[folder] = file
        while len(_held) > MOST:
            os.close(_held.pop(next(iter(_held))))


@contextmanager
def for_removal(folder: Path) -> Iterator[bool]:
    """Yield True where nobody uses a folder; nobody begins to within the block."""
    file = _opened(folder)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(file)


def _opened(folder: Path) -> int:
    """Open the file of a folder's marks. It is not passed on to processes that this one starts."""
    return os.open(folder.with_name(f"{folder.name}.used"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
