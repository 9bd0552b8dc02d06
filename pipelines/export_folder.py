"""Where an export goes: a local folder or s3://, which holds nothing, this very export, or what a killed one left.

OUT/manifest.json              written last: an OUT with one is whole
OUT/data/<config>/…            shards
OUT/.huggingface.yaml          which file belongs to which config, so that `datasets.load_dataset(OUT, "prm")` works
OUT/decontamination.*          what was found in benchmarks
OUT/export.unfinished.json     there from the beginning until the manifest is: an OUT with one is nobody's data set

All of it is written beside its place first. In a local OUT all shards then appear by one rename; on S3 they are
uploaded one after the other. Whatever a killed export left is removed by the next one, so one at a time may export to
a place: a local one is locked.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.files import sync
from factory.errors import BadInput, StorageFailed
from factory.storage.access import Access
from factory.storage.opening import open_store
from factory.storage.store import Store

MANIFEST, UNFINISHED, CONFIGS = "manifest.json", "export.unfinished.json", ".huggingface.yaml"
SCRATCH = ".export"
_OURS = (UNFINISHED, CONFIGS, "decontamination.json", "decontamination.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An OUT that is being written to. `scratch`: a local folder for what is not yet published."""

    store: Store
    local: Path | None
    scratch: Path

    def publish(self, files: Sequence[str], small: dict[str, bytes]) -> None:
        """Make `files`, shards in the scratch folder, and `small` the data set; the manifest among these goes last."""
        manifest = small.pop(MANIFEST)
        for name, data in small.items():
            self.store.replace(name, data)
        if self.local is not None:
            for name in files:
                sync(self.scratch / name)
            (self.scratch / "data").rename(self.local / "data")
        else:
            for name in files:
                self.store.create_from(name, self.scratch / name)
        self.store.create(MANIFEST, manifest)
        self.store.delete(UNFINISHED)


def manifest_of(store: Store) -> dict[str, Any] | None:
    """The manifest of a whole export, None where there is none. Raises `BadInput` for a broken one."""
    try:
        found = json.loads(store.read(MANIFEST))
        return {**found, "digest": str(found["digest"])}
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{store.url}/{MANIFEST} cannot be read ({type(error).__name__}). Expected what `factory export` writes; "
            "choose another OUT."
        ) from None


def check_free(out: str, access: Access) -> None:
    """Raises `BadInput` for an OUT that holds anything but an export, whole or not."""
    store = open_store(out, access)
    if manifest_of(store) is not None or store.size(UNFINISHED) is not None:
        return
    alien = next((entry.name for entry in store.entries() if not entry.name.startswith(f"{SCRATCH}/")), None)
    if alien is not None:
        raise BadInput(f"{out} holds something else ({alien}). Expected a new folder; choose another OUT.")


@contextmanager
def target(out: str, access: Access) -> Iterator[Target]:
    """`out`, claimed for the block and rid of what a killed export left. Raises `BadInput`, `StorageFailed`."""
    store = open_store(out, access)
    try:
        if "://" in store.url:
            with tempfile.TemporaryDirectory(prefix="factory-export-") as folder:
                _claim(store)
                yield Target(store=store, local=None, scratch=Path(folder))
            return
        local = Path(store.url)
        local.mkdir(parents=True, exist_ok=True)
        with _locked(local):
            scratch = local / SCRATCH
            _claim(store)
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir()
            try:
                yield Target(store=store, local=local, scratch=scratch)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        raise StorageFailed(
            f"cannot write to {out}: {error.strerror or error}. Make room there, or choose another OUT; then export "
            "again."
        ) from None


def give_up(place: Target) -> None:
    """Leave nothing of an export that failed before anything was published."""
    with suppress(StorageFailed, OSError):
        place.store.delete(UNFINISHED)
        if place.local is not None:
            shutil.rmtree(place.scratch, ignore_errors=True)
            place.local.rmdir()  # if nothing else is in there


def _claim(store: Store) -> None:
    if manifest_of(store) is None and store.size(UNFINISHED) is not None:
        for entry in list(store.entries("data")):
            store.delete(entry.name)
        for name in _OURS[1:]:
            store.delete(name)
        if "://" not in store.url:
            shutil.rmtree(Path(store.url) / "data", ignore_errors=True)
    store.replace(UNFINISHED, b'{"unfinished": "a factory export; it is whole once manifest.json is there"}\n')


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Nobody else exports to a local folder meanwhile. The lock goes with the process."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput(f"another export is writing to {folder}. Wait for it, or choose another OUT.") from None
        yield
    finally:
        os.close(handle)
