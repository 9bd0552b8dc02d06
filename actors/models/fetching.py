"""Download of a model's files from a store: in parts, many at a time, resumed where an earlier one was killed.

One stream of an object store is far slower than the network of a GPU machine.

    folder/model.safetensors   written part by part, at its places
    folder/.parts              which parts are there: a line each, below the boot in which they were written
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from factory.errors import BadInput
from factory.processes import boot_id
from factory.storage.store import Store

# Bytes of one part, and parts that are fetched at the same time; both together are the memory that it takes.
PART_BYTES, AT_A_TIME = 32 << 20, 16
# Bytes that a disk has to have left when all is there.
SPARE_BYTES = 1 << 30
_PARTS = ".parts"


@dataclass(frozen=True, slots=True)
class _Part:
    """Part of a file, from byte `start` up to `end`."""

    name: str
    start: int
    end: int


def fetch_files(store: Store, sizes: Mapping[str, int], folder: Path) -> None:
    """Copy objects of a store into a local folder; parts that an earlier call has left there are not fetched again.

    Args:
      store: where they lie.
      sizes: bytes of every object, by name.
      folder: local folder, which only this process writes to; what it holds is of these very objects.

    Raises:
      BadInput: the disk has no room for them.
      StorageFailed: the store does not answer; what is there stays for the next call.
    """
    folder.mkdir(parents=True, exist_ok=True)
    there = _there(folder)
    missing = [part for part in _parts(sizes) if part not in there]
    _check_room(folder, sum(part.end - part.start for part in missing), store.url)
    for name in sizes:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()

    # Many parts at a time; the first that fails ends it, and those that are under way are let finish.
    written = threading.Lock()
    with (folder / _PARTS).open("a", encoding="utf-8") as journal, ThreadPoolExecutor(AT_A_TIME) as threads:

        def fetch(part: _Part) -> None:
            _write(folder / part.name, part.start, store.read(part.name, part.start, part.end))
            with written:
                journal.write(f"{part.start} {part.end} {part.name}\n")
                journal.flush()

        futures = [threads.submit(fetch, part) for part in missing]
        done, waiting = wait(futures, return_when=FIRST_EXCEPTION)
        for future in waiting:
            future.cancel()
        for future in done:
            future.result()
    (folder / _PARTS).unlink()


def _parts(sizes: Mapping[str, int]) -> list[_Part]:
    """Return the parts of all files, in order; an empty file has none."""
    return [
        _Part(name, start, min(start + PART_BYTES, size))
        for name, size in sizes.items()
        for start in range(0, size, PART_BYTES)
    ]


def _there(folder: Path) -> set[_Part]:
    """Return the parts that an earlier call has written; a folder whose parts cannot be trusted is emptied."""
    try:
        # The last line may be half written.
        boot, *lines = (folder / _PARTS).read_text(encoding="utf-8").split("\n")[:-1]
    except (FileNotFoundError, ValueError):
        boot, lines = "", []
    if boot != boot_id():
        # What was written before the machine went down may not have reached its disk.
        shutil.rmtree(folder)
        folder.mkdir()
        (folder / _PARTS).write_text(f"{boot_id()}\n", encoding="utf-8")
        return set()
    parts = set()
    for line in lines:
        start, end, name = line.split(" ", 2)
        parts.add(_Part(name, int(start), int(end)))
    return parts


def _check_room(folder: Path, size: int, url: str) -> None:
    """Raise `BadInput` where the disk has no room for `size` more bytes."""
    free = shutil.disk_usage(folder).free
    if size and free < size + SPARE_BYTES:
        raise BadInput(
            f"{url} needs {size / 1e9:,.1f} GB more on this machine, and the disk of {folder.parent} has "
            f"{free / 1e9:,.1f} GB. Expected {SPARE_BYTES / 1e9:.0f} GB to spare; make room, or set FACTORY_CACHE to a "
            "folder on a larger disk."
        )


def _write(path: Path, start: int, data: bytes) -> None:
    """Write bytes at their place in a file."""
    file = os.open(path, os.O_WRONLY)
    try:
        left = memoryview(data)
        while left:
            count = os.pwrite(file, left, start)
            start, left = start + count, left[count:]
    finally:
        os.close(file)
