"""The seam: what a run folder asks of the place where it lies.

Names are relative to the folder, with slashes: "data/part-1.parquet". A call that fails for a moment is repeated with
growing, random pauses until `Access.patience_s` is over. What comes out then, or at once where waiting is no use, is
`StorageFailed`: one sentence with what to do. Every call to S3 is bounded in time; those to a disk are not, as the
kernel's cannot be: a mounted file system that hangs (hard-mounted NFS) blocks whoever asks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An object and its size in bytes."""

    name: str
    size: int


class Store(Protocol):
    """A folder of objects. An object is there whole or not at all, whatever is killed. `url` holds no credentials.

    `width`: how many calls are worth having in flight at a time.
    """

    url: str
    width: int

    def create(self, name: str, data: bytes) -> bool:
        """Durably create an object; False when other bytes have the name already, and keep it. A try whose answer was
        lost is settled that way, too: by what lies there."""
        ...

    def create_from(self, name: str, path: Path) -> bool:
        """`create` with the content of a local file that need not fit into memory."""
        ...

    def replace(self, name: str, data: bytes) -> None:
        """Create or overwrite, in one step."""
        ...

    def read(self, name: str, start: int | None = None, end: int | None = None) -> bytes:
        """The bytes from `start` up to, not including, `end`. Raises `FileNotFoundError`."""
        ...

    def open(self, name: str, size: int | None = None) -> BinaryIO:
        """A seekable reader; `size` saves asking for it. Raises `FileNotFoundError`."""
        ...

    def size(self, name: str) -> int | None:
        """In bytes; None when there is no such object."""
        ...

    def entries(self, folder: str = "") -> Iterator[Entry]:
        """All objects under `folder`, in the order of their names. Nothing where there is no such folder."""
        ...

    def delete(self, name: str) -> None:
        """Remove an object; one that is gone is fine."""
        ...

    def orphans(self) -> list[str]:
        """What killed writers left, as far as it can be listed: temporary files, unfinished uploads."""
        ...

    def sweep(self, names: Collection[str]) -> int:
        """Remove those of `names`, orphans as `orphans` gave them, that still are, and say how many."""
        ...
