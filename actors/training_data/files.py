"""Files that a training reads: the shards of a split, whole, of one export that is finished.

Invariant: a training never reads half an export, nor a mixture of two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from actors.models.model_store import BLOCK, download, is_remote
from factory.errors import TrainingFailed
from factory.export.file_names import MANIFEST, UNFINISHED
from factory.export.split import TRAIN, VALIDATION
from factory.storage.access import Access
from factory.storage.digests import sha256_of_stream
from factory.storage.opening import open_store

_LISTED = ("*.parquet", "*/*.parquet", "data/*/*.parquet")
_PLACES = ("data/", "")
_NUMBERED = re.compile(r".*-(\d+)-of-(\d+)\.parquet")
_OF_A_CONFIG = re.compile(r"((?:data/)?[^/]+)/train-[^/]*\.parquet")


def data_files(folder: str, split: str = TRAIN) -> list[Path]:
    """Return the Parquet files of a split in order: `data/train-*.parquet`, else `train-*.parquet`.

    Raises `TrainingFailed` for a folder without training data or with half of them.
    """
    return [Path(folder) / name for name in _names(folder, split)]


def digests(folder: str, access: Access | None = None) -> dict[str, str]:
    """Return the SHA-256 of each file that is trained on, by its name; the folder may be in an object store.

    Raises `TrainingFailed`.
    """
    names = _names(folder, TRAIN, access)
    return {name.rpartition("/")[2]: _sha256(folder, name, access) for name in names}


def copy_data(url: str, folder: Path, access: Access) -> None:
    """Download what a training reads.

    Args:
      url: data folder in an object store.
      folder: local folder that the files go to.
      access: credentials of the store.

    Raises:
      TrainingFailed: there are no data, or half of them.
    """
    for split in (TRAIN, VALIDATION):
        download(url, _names(url, split, access), folder, access)


def _names(folder: str, split: str, access: Access | None = None) -> list[str]:
    """Return the names of a split's files in a folder or store. Raises `TrainingFailed` where training data lack."""
    _refuse_unfinished(folder, access)
    if is_remote(folder):
        names = [entry.name for entry in open_store(folder, access).entries()]
    else:
        names = [path.relative_to(folder).as_posix() for form in _LISTED for path in Path(folder).glob(form)]
    shards = shard_names(names, split, folder)
    if not shards and split == TRAIN:
        raise TrainingFailed(_nothing(names, folder))
    return shards


def shard_names(names: Iterable[str], split: str, folder: str) -> list[str]:
    """Return those of the `names` that are the split's shards, in order.

    Args:
      names: files of the data folder, relative to it.
      split: `train` or `validation`.
      folder: the data folder, for messages.

    Raises:
      TrainingFailed: their numbers (`-00001-of-00004`) say that some are missing, or that they are of several exports.
    """
    names = list(names)
    for place in _PLACES:
        form = re.compile(rf"{place}{split}-[^/]*\.parquet")
        if shards := sorted(name for name in names if form.fullmatch(name)):
            _refuse_parts(shards, folder)
            return shards
    return []


def _refuse_parts(names: list[str], folder: str) -> None:
    """Raise `TrainingFailed` where the numbers of the shards say that some are missing or do not belong together."""
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
    """Return what to tell a user whose folder holds no training data: the configs in it, where there are any."""
    configs = sorted({match[1] for name in names if (match := _OF_A_CONFIG.fullmatch(name))})
    if configs:
        shown = ", ".join(config.rpartition("/")[2] for config in configs)
        return f"{folder} holds the configs {shown}; name one of them, such as {folder.rstrip('/')}/{configs[0]}"
    return (
        f"{folder} holds no training data; expected data/train-*.parquet on the machine that trains; "
        "check that the folder is there and shared with that machine"
    )


def _refuse_unfinished(folder: str, access: Access | None) -> None:
    """Raise `TrainingFailed` where `folder` is OUT/data/CONFIG of an export that is not finished."""
    scheme, separator, path = folder.rpartition("://")
    parents = (Path(path) if separator else Path(path).absolute()).parents
    # The last parent is the root, or no bucket: no export can lie there.
    if len(parents) < 3:
        return
    out = f"{scheme}{separator}{parents[1]}"
    store = open_store(out, access)
    if store.size(UNFINISHED) is not None and store.size(MANIFEST) is None:
        raise TrainingFailed(f"the export in {out} is unfinished; wait for it, or run that `factory export` again")


def _sha256(folder: str, name: str, access: Access | None) -> str:
    """Return the SHA-256 of a file of the data folder, read block by block."""
    with open_store(folder, access).open(name) as source:
        return sha256_of_stream(source, BLOCK)
