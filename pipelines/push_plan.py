"""What a push still has to do, read off two listings: the exported folder's and the branch's. Asks nothing of the Hub.

There is no journal. A push that was broken anywhere is repeated by planning again: what is there is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pipelines.exported_folder import BESIDE, LocalFile

FILES_PER_COMMIT, BYTES_PER_COMMIT = 64, 8_000_000_000
_SHARD = re.compile(r"data/[^/]+/[^/]+-\d{5}-of-\d{5}\.[A-Za-z0-9.]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file on a branch. `sha256` of the content where it is stored apart from git, otherwise null; `blob` is git's
    hash of it (of its pointer, where it is stored apart)."""

    size: int
    blob: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One commit: files to add, names to delete. `last`: the branch is what the folder is once it is there."""

    add: tuple[LocalFile, ...]
    delete: tuple[str, ...] = ()
    last: bool = False


Same = Callable[[LocalFile, RemoteFile], bool]


def next_step(
    data: Sequence[LocalFile], beside: Sequence[LocalFile], there: Mapping[str, RemoteFile], same: Same
) -> Step | None:
    """The next commit, or None where the branch holds all there is.

    Data go first, in bounded commits; the card, what else lies beside the data, and the removal of an earlier export's
    files are the last one, so that no card describes data that are not there.
    """
    if missing := _missing(data, there, same):
        return Step(add=_batch(missing))
    add, delete = _missing(beside, there, same), stale(data, beside, there)
    return Step(add=tuple(add), delete=tuple(delete), last=True) if add or delete else None


def stale(data: Iterable[LocalFile], beside: Iterable[LocalFile], there: Iterable[str]) -> list[str]:
    """Names that an earlier export left and this one lacks: `load_dataset` would mix them in. Others' files stay."""
    kept = {file.name for file in (*data, *beside)}
    return sorted(name for name in there if name not in kept and (_SHARD.fullmatch(name) or name in BESIDE))


def _missing(files: Iterable[LocalFile], there: Mapping[str, RemoteFile], same: Same) -> list[LocalFile]:
    return [file for file in files if file.name not in there or not same(file, there[file.name])]


def _batch(files: Sequence[LocalFile]) -> tuple[LocalFile, ...]:
    taken, size = 0, 0
    for file in files[:FILES_PER_COMMIT]:
        size += file.size
        if taken and size > BYTES_PER_COMMIT:
            break
        taken += 1
    return tuple(files[:taken])
