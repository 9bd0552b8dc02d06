"""Run folder on a local or mounted disk.

* An object is written to a temporary file, synced, and linked to its name (`os.link` fails for a name that is taken),
  or renamed to it when it may be replaced. Then the folder is synced. So an object is there whole or not at all, and
  survives a power cut once the call has returned.
* A killed writer leaves only its temporary file: `.<name>.<32 hex digits>.tmp`, beside its target.
"""

from __future__ import annotations

import contextlib
import errno
import filecmp
import os
import re
import shutil
import uuid
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import BinaryIO

from factory.storage.access import Access
from factory.storage.retries import Retries, Tell, log_warning
from factory.storage.store import Entry

_BEGINS, _ENDS = ".", ".tmp"
# A run folder may lie among other people's files, such as temporary files of editors and downloads. Only files that are
# certainly ours are swept: those of `_temporary`, and the scratch files of a merge.
_OURS = re.compile(r"\..+\.[0-9a-f]{32}\.tmp|\.merge-[a-z0-9_]{8}\.tmp", re.DOTALL)
_WHERE_OURS = ("*", "data/*", "logs/**/*", "manifests/**/*", "spool/**/*")
# Errors of file systems that cannot sync a folder: networks' and user-space ones may know `fsync` for files only.
_NO_SYNC = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}


class LocalStore:
    """`Store` on a disk; methods are documented in `store.py`."""

    # A disk answers at once: several calls in flight would only cost threads.
    width = 1

    def __init__(self, root: Path, access: Access, tell: Tell = log_warning) -> None:
        self.url = str(root)
        self._root = root
        self._patiently = Retries(access, self.url, tell)

    def create(self, name: str, data: bytes) -> bool:
        linked = self._patiently(f"create {name}", lambda: self._linked(name, lambda path: _write(path, data)))
        # On a network file system a link may be made though its answer is lost: the same bytes are ours.
        return linked or self.read(name) == data

    def create_from(self, name: str, path: Path) -> bool:
        linked = self._patiently(f"create {name}", lambda: self._linked(name, lambda copy: _copy(path, copy)))
        return linked or filecmp.cmp(path, self._root / name, shallow=False)

    def replace(self, name: str, data: bytes) -> None:
        def renamed() -> None:
            with self._temporary(name) as temporary:
                _write(temporary, data)
                temporary.replace(self._root / name)
                _sync(temporary.parent)

        self._patiently(f"write {name}", renamed)

    def read(self, name: str, start: int | None = None, end: int | None = None) -> bytes:
        def read() -> bytes:
            with open(self._root / name, "rb") as file:
                file.seek(start or 0)
                return file.read(-1 if end is None else max(0, end - (start or 0)))

        return self._patiently(f"read {name}", read, may_be_missing=True)

    def open(self, name: str, size: int | None = None) -> BinaryIO:
        return self._patiently(f"read {name}", lambda: open(self._root / name, "rb"), may_be_missing=True)

    def size(self, name: str) -> int | None:
        try:
            return self._patiently(f"read {name}", lambda: (self._root / name).stat().st_size, may_be_missing=True)
        except FileNotFoundError:
            return None

    def entries(self, folder: str = "", *, after: str = "", until: str = "") -> Iterator[Entry]:
        listing = self._patiently(f"list {folder or 'all'}", lambda: self._walk(folder))
        wanted = (entry for entry in listing if after < entry.name and (not until or entry.name <= until))
        return iter(sorted(wanted, key=lambda entry: entry.name))

    def delete(self, name: str) -> None:
        self._patiently(f"delete {name}", lambda: (self._root / name).unlink(missing_ok=True))
        # A folder within a folder ends with its last object, as on S3.
        if name.count("/") > 1:
            with contextlib.suppress(OSError):
                (self._root / name).parent.rmdir()

    def orphans(self) -> list[str]:
        def leftovers() -> set[Path]:
            candidates = (path for where in _WHERE_OURS for path in self._root.glob(where))
            return {path for path in candidates if _OURS.fullmatch(path.name)}

        return sorted(str(path.relative_to(self._root)) for path in self._patiently("list all", leftovers))

    def sweep(self, names: Collection[str]) -> int:
        # Listed again: a name that is no orphan any more, or never was one, stays.
        left = [name for name in self.orphans() if name in names] if names else []
        for name in left:
            self.delete(name)
        return len(left)

    def _walk(self, folder: str) -> list[Entry]:
        """Return all objects under `folder`, without temporary files, in no order."""
        entries = []
        waiting = [folder.rstrip("/")]
        while waiting:
            inside = waiting.pop()
            try:
                with os.scandir(self._root / inside) as listing:
                    for item in listing:
                        name = f"{inside}/{item.name}" if inside else item.name
                        if item.is_dir():
                            waiting.append(name)
                        elif not _is_temporary(item.name):
                            # It may have been deleted since the folder was read.
                            with contextlib.suppress(FileNotFoundError):
                                stat = item.stat()
                                entries.append(Entry(name=name, size=stat.st_size, mark=str(stat.st_mtime_ns)))
            except (FileNotFoundError, NotADirectoryError):
                continue
        return entries

    def _linked(self, name: str, fill: Callable[[Path], None]) -> bool:
        """Create `name` with the content that `fill` writes; return False when the name is taken."""
        with self._temporary(name) as temporary:
            fill(temporary)
            try:
                os.link(temporary, self._root / name)
            except FileExistsError:
                return False
            _sync(temporary.parent)
            return True

    @contextlib.contextmanager
    def _temporary(self, name: str) -> Iterator[Path]:
        """Open a block with a path for a temporary file beside `name`, on the same file system, removed at its end."""
        target = self._root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        path = target.with_name(f"{_BEGINS}{target.name}.{uuid.uuid4().hex}{_ENDS}")
        try:
            yield path
        finally:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def _is_temporary(name: str) -> bool:
    return name.startswith(_BEGINS) and name.endswith(_ENDS)


def _write(path: Path, data: bytes) -> None:
    """Write and sync a file that must not exist yet."""
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _copy(source: Path, path: Path) -> None:
    with open(source, "rb") as from_, open(path, "xb") as to:
        shutil.copyfileobj(from_, to, 1 << 20)
        to.flush()
        os.fsync(to.fileno())


def _sync(folder: Path) -> None:
    """Sync a folder, so that a name made in it survives a power cut."""
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(directory)
