"""Stored object as a seekable file: every read is one request for a range, bounded in time and repeated on failure."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any


class ObjectFile(io.RawIOBase):
    """Read-only file of `size` bytes, read through `fetch(start, end)` (`end` is not included)."""

    def __init__(self, fetch: Callable[[int, int], bytes], size: int) -> None:
        self._fetch = fetch
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to `offset` from the start, the position or the end; return the new position."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, origin + offset)
        return self._at

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer` by one request and return how many bytes that was; 0 at the end."""
        end = min(self._size, self._at + len(buffer))
        if end <= self._at:
            return 0
        data = self._fetch(self._at, end)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
