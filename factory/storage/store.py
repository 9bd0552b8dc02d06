"""Contract of a store: what a run folder needs of the place where it lies.

* An object is there whole or not at all, whatever is killed.
* Of two creates of one name the second loses, unless both have the same bytes.
* Names are relative to the folder, with slashes: "data/part-1.parquet".
* A call that fails for a moment is repeated, with growing, random pauses, until `Access.patience_s` is over. Then, or
  at once when waiting is no use, `StorageFailed` is raised: one message that says what to do.
* Every call to S3 is bounded in time. Calls to a disk are not, as those to the kernel cannot be: a mounted file system
  that hangs (hard-mounted NFS) blocks its callers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Object of a store: its name, its size in bytes, and a mark that is another one once it was replaced."""

    name: str
    size: int
    mark: str = ""


class Store(Protocol):
    """Folder of objects.

    `url`: where it lies, for messages; holds no credentials. `width`: calls that are worth having in flight at a time.
    """

    url: str
    width: int

    def create(self, name: str, data: bytes) -> bool:
        """Create an object durably; return False when other bytes have the name already, which stay.

        The same bytes count as created: an earlier try may have been carried out though its answer was lost.
        """
        ...

    def create_from(self, name: str, path: Path) -> bool:
        """Create an object, as `create` does, with the content of a local file that need not fit into memory."""
        ...

    def replace(self, name: str, data: bytes) -> None:
        """Create or overwrite an object, in one step."""
        ...

    def read(self, name: str, start: int | None = None, end: int | None = None) -> bytes:
        """Return an object's bytes, or a part of them.

        Args:
          name: object to read.
          start: first byte, from 0; None for the beginning.
          end: byte to stop before; None for the end.

        Raises:
          FileNotFoundError: there is no such object.
        """
        ...

    def open(self, name: str, size: int | None = None) -> BinaryIO:
        """Open an object as a seekable file; `size` in bytes saves a call. Raises `FileNotFoundError`."""
        ...

    def size(self, name: str) -> int | None:
        """Return an object's size in bytes; None when there is no such object."""
        ...

    def entries(self, folder: str = "", *, after: str = "", until: str = "") -> Iterator[Entry]:
        """Yield all objects under `folder`, in the order of their names; none where there is no such folder.

        Args:
          folder: folder to list, "" for all.
          after: name behind which the listing begins, itself left out.
          until: last name of the listing, whether there is such an object or not; "" for the end.
        """
        ...

    def delete(self, name: str) -> None:
        """Remove an object; one that is gone already is no error."""
        ...

    def orphans(self) -> list[str]:
        """Return what killed writers left, as far as it can be listed: temporary files and unfinished uploads."""
        ...

    def sweep(self, names: Collection[str]) -> int:
        """Remove those of `names`, as `orphans` gave them, that are still there, and return how many that were."""
        ...
