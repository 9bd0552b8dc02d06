"""Exported folder: its manifest, and the files that belong on the Hub with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factory.errors import BadInput
from factory.export.file_names import MANIFEST
from factory.storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFile:
    """File to push.

    * `name`: in the repo. `size`: in bytes.
    * `sha256`: the hash it has to have.
    * `content`: where it lies, or what it is.
    """

    name: str
    size: int
    sha256: str
    content: Path | bytes

    @classmethod
    def of(cls, name: str, content: bytes) -> LocalFile:
        """Return a file of some bytes."""
        return cls(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest(), content=content)


def read_manifest(store: Store) -> dict[str, Any]:
    """Return the manifest of an exported folder. Raises `BadInput` where there is none."""
    try:
        manifest = parsed(store.read(MANIFEST))
    except (FileNotFoundError, NotADirectoryError):
        raise BadInput(f"{store.url} holds no {MANIFEST}. Expected a folder written by `factory export`.") from None
    if manifest is None:
        raise BadInput(f"{store.url}/{MANIFEST} is not as `factory export` writes it. Export again.")
    return manifest


def parsed(data: bytes) -> dict[str, Any] | None:
    """Return a manifest as `factory export` writes it; None for anything else, whoever wrote it."""
    try:
        manifest = json.loads(data)
        return manifest if str(manifest["digest"]) and data_names(manifest) else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def split_names(manifest: Mapping[str, Any], config: str) -> dict[str, list[str]]:
    """Return the names of a config's files by split, in order."""
    splits = manifest["configs"][config]["splits"]
    return {split: [str(file["name"]) for file in facts["files"]] for split, facts in splits.items()}


def data_names(manifest: Mapping[str, Any]) -> list[str]:
    """Return the names of all data files."""
    return [
        name for config in manifest["configs"] for names in split_names(manifest, config).values() for name in names
    ]


def data_files(out: Path, manifest: Mapping[str, Any]) -> list[LocalFile]:
    """Return all data files. Raises `BadInput` for one that is missing or of another size."""
    splits = [split for config in manifest["configs"].values() for split in config["splits"].values()]
    return [_file(out, entry) for split in splits for entry in split["files"]]


def _file(out: Path, entry: Mapping[str, Any]) -> LocalFile:
    """Return a data file by its entry in the manifest. Raises `BadInput` where it is not as that says."""
    name, size, path = str(entry["name"]), int(entry["bytes"]), out / str(entry["name"])
    if ".." in name.split("/") or not name.startswith("data/") or not path.is_file():
        raise BadInput(f"{out} lacks {name}, which its {MANIFEST} names. Export again.")
    if size != path.stat().st_size:
        raise BadInput(f"{path} has {path.stat().st_size:,} bytes, its {MANIFEST} says {size:,}. Export again.")
    return LocalFile(name=name, size=size, sha256=str(entry["sha256"]), content=path)
