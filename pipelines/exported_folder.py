"""What `factory export` left in a folder: its manifest, and the files that belong on the Hub with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from factory.errors import BadInput

MANIFEST, CARD = "manifest.json", "README.md"
BESIDE = (MANIFEST, "decontamination.json", "decontamination.md", "accuracy.png")
"""What lies beside the data and goes along when it is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFile:
    """A file to push: its name in the folder and in the repo, where it lies, its size in bytes."""

    name: str
    path: Path
    size: int


def read_manifest(out: Path) -> dict[str, Any]:
    """The manifest of an exported folder. Raises `BadInput` where there is none."""
    try:
        manifest = json.loads((out / MANIFEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise BadInput(f"{out} holds no {MANIFEST}. Expected a folder written by `factory export`.") from None
    except (OSError, ValueError) as error:
        raise BadInput(f"{out / MANIFEST} cannot be read ({error}). Export again.") from None
    configs = manifest.get("configs") if isinstance(manifest, dict) else None
    if not isinstance(configs, dict) or not configs:
        raise BadInput(f"{out / MANIFEST} names no configs. Expected what `factory export` writes; export again.")
    return manifest


def split_files(out: Path, manifest: dict[str, Any], config: str) -> dict[str, list[LocalFile]]:
    """The files of a config by split, in order. Raises `BadInput` for one that is missing or of another size."""
    splits = manifest["configs"][config].get("splits") or {}
    return {split: [_file(out, config, entry) for entry in facts.get("files") or []] for split, facts in splits.items()}


def data_files(out: Path, manifest: dict[str, Any]) -> list[LocalFile]:
    """All data files. Raises `BadInput` as `split_files`."""
    return [
        file
        for config in manifest["configs"]
        for files in split_files(out, manifest, config).values()
        for file in files
    ]


def files_beside(out: Path) -> list[LocalFile]:
    """Card, manifest, reports and pictures, as far as they are there."""
    return [_local(out, name) for name in (*BESIDE, CARD) if (out / name).is_file()]


def _file(out: Path, config: str, entry: Any) -> LocalFile:
    facts = entry if isinstance(entry, dict) else {"name": entry}
    name = str(facts.get("name") or facts.get("path") or "")
    if not name.startswith("data/"):
        name = f"data/{config}/{name}"
    if ".." in name.split("/") or not (out / name).is_file():
        raise BadInput(f"{out} lacks {name}, which its {MANIFEST} names. Export again.")
    file = _local(out, name)
    if isinstance(size := facts.get("bytes"), int) and size != file.size:
        raise BadInput(f"{out / name} has {file.size:,} bytes, its {MANIFEST} says {size:,}. Export again.")
    return file


def _local(out: Path, name: str) -> LocalFile:
    return LocalFile(name=name, path=out / name, size=(out / name).stat().st_size)
