"""Which files a training reads: the shards of a split, whole, of one export that is finished."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from actors.models.model_store import BLOCK, download, is_remote
from factory.errors import TrainingFailed
from factory.storage.access import Access
from factory.storage.opening import open_store

TRAIN, VALIDATION = "train", "validation"
_MANIFEST, _UNFINISHED = "manifest.json", "export.unfinished.json"  # of a `factory export`
_LISTED = ("*.parquet", "*/*.parquet", "data/*/*.parquet")
_PLACES = ("data/", "")
_NUMBERED = re.compile(r".*-(\d+)-of-(\d+)\.parquet")
_OF_A_CONFIG = re.compile(r"((?:data/)?[^/]+)/train-[^/]*\.parquet")


def data_files(folder: str, split: str = TRAIN) -> list[Path]:
    """The Parquet files of a split in order: `data/train-*.parquet`, else `train-*.parquet`. Raises `TrainingFailed`
    for a folder without training data or with half of them."""
    return [Path(folder) / name for name in _names(folder, split)]


def digests(folder: str, access: Access | None = None) -> dict[str, str]:
    """The SHA-256 of each file that is trained on, by its name; the folder may be in an object store. Raises
    `TrainingFailed`."""
    names = _names(folder, TRAIN, access)
    return {name.rpartition("/")[2]: _sha256(folder, name, access) for name in names}


def copy_data(url: str, folder: Path, access: Access) -> None:
    """What a training reads of a folder in an object store, as files in `folder`. Raises `TrainingFailed`."""
    for split in (TRAIN, VALIDATION):
        download(url, _names(url, split, access), folder, access)


def _names(folder: str, split: str, access: Access | None = None) -> list[str]:
    _refuse_unfinished(folder, access)
    if is_remote(folder):
        names = [entry.name for entry in open_store(folder, access).entries()]
    else:
        names = [path.relative_to(folder).as_posix() for form in _LISTED for path in Path(folder).glob(form)]
    found = names_of(names, split, folder)
    if not found and split == TRAIN:
        raise TrainingFailed(_nothing(names, folder))
    return found


def names_of(names: Iterable[str], split: str, folder: str) -> list[str]:
    """Those of the `names` in a data folder that are the split's shards, in order. Raises `TrainingFailed` where their
    numbers (`-00001-of-00004`) say that some are missing, or that they are of several exports."""
    names = list(names)
    for place in _PLACES:
        form = re.compile(rf"{place}{split}-[^/]*\.parquet")
        if found := sorted(name for name in names if form.fullmatch(name)):
            _refuse_parts(found, folder)
            return found
    return []


def _refuse_parts(names: list[str], folder: str) -> None:
    numbered = [_NUMBERED.fullmatch(name) for name in names]
    if not any(numbered):
        return
    totals = sorted({int(match[2]) if match else 0 for match in numbered})
    if len(totals) > 1:
        raise TrainingFailed(f"{folder} mixes shards of several exports, such as {names[0]} and {names[-1]}; keep one")
    there = {int(match[1]) for match in numbered if match}
    if lacking := sorted(set(range(totals[0])) - there):
        raise TrainingFailed(
            f"{folder} lacks {len(lacking)} of its {totals[0]} shards, the first of them number {lacking[0]}; copy or "
            "export the data again"
        )


def _nothing(names: list[str], folder: str) -> str:
    configs = sorted({match[1] for name in names if (match := _OF_A_CONFIG.fullmatch(name))})
    if configs:
        shown = ", ".join(config.rpartition("/")[2] for config in configs)
        return f"{folder} holds the configs {shown}; name one of them, such as {folder.rstrip('/')}/{configs[0]}"
    return (
        f"{folder} holds no training data; expected data/train-*.parquet on the machine that trains; "
        "check that the folder is there and shared with that machine"
    )


def _refuse_unfinished(folder: str, access: Access | None) -> None:
    """`folder` may be OUT/data/CONFIG of an export."""
    scheme, separator, path = folder.rpartition("://")
    parents = (Path(path) if separator else Path(path).absolute()).parents
    if len(parents) < 3:  # the last one is the root, or no bucket
        return
    out = f"{scheme}{separator}{parents[1]}"
    store = open_store(out, access)
    if store.size(_UNFINISHED) is not None and store.size(_MANIFEST) is None:
        raise TrainingFailed(f"the export in {out} is unfinished; wait for it, or run that `factory export` again")


def _sha256(folder: str, name: str, access: Access | None) -> str:
    digest = hashlib.sha256()
    with open_store(folder, access).open(name) as source:
        while block := source.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()
