"""What `factory export` left in a folder: its manifest, and the files that belong on the Hub with it."""

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
    """A file to push: its name in the repo, its size in bytes, the hash it has to have, where it lies or what it is."""

    name: str
    size: int
    sha256: str
    content: Path | bytes

    @classmethod
    def of(cls, name: str, content: bytes) -> LocalFile:
        return cls(name=name, size=len(content), sha256=hashlib.sha256(content).hexdigest(), content=content)


def read_manifest(store: Store) -> dict[str, Any]:
    """The manifest of an exported folder. Raises `BadInput` where there is none."""
    try:
        manifest = parsed(store.read(MANIFEST))
    except (FileNotFoundError, NotADirectoryError):
        raise BadInput(f"{store.url} holds no {MANIFEST}. Expected a folder written by `factory export`.") from None
    if manifest is None:
        raise BadInput(f"{store.url}/{MANIFEST} is not as `factory export` writes it. Export again.")
    return manifest


def parsed(data: bytes) -> dict[str, Any] | None:
    """A manifest as `factory export` writes it; None for anything else, whoever wrote it."""
    try:
        manifest = json.loads(data)
        return manifest if str(manifest["digest"]) and data_names(manifest) else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def split_names(manifest: Mapping[str, Any], config: str) -> dict[str, list[str]]:
    """The names of a config's files by split, in order."""
    splits = manifest["configs"][config]["splits"]
    return {split: [str(file["name"]) for file in found["files"]] for split, found in splits.items()}


def data_names(manifest: Mapping[str, Any]) -> list[str]:
    return [
        name for config in manifest["configs"] for names in split_names(manifest, config).values() for name in names
    ]


def data_files(out: Path, manifest: Mapping[str, Any]) -> list[LocalFile]:
    """All data files. Raises `BadInput` for one that is missing or of another size."""
    splits = [found for config in manifest["configs"].values() for found in config["splits"].values()]
    return [_file(out, entry) for split in splits for entry in split["files"]]


def _file(out: Path, entry: Mapping[str, Any]) -> LocalFile:
    name, size, path = str(entry["name"]), int(entry["bytes"]), out / str(entry["name"])
    if ".." in name.split("/") or not name.startswith("data/") or not path.is_file():
        raise BadInput(f"{out} lacks {name}, which its {MANIFEST} names. Export again.")
    if size != path.stat().st_size:
        raise BadInput(f"{path} has {path.stat().st_size:,} bytes, its {MANIFEST} says {size:,}. Export again.")
    return LocalFile(name=name, size=size, sha256=str(entry["sha256"]), content=path)
