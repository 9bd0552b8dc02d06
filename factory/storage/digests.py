"""SHA-256 of files, on a disk and in a store."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a local file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_stream(stream: BinaryIO, block: int = 1 << 20) -> str:
    """Return the SHA-256 of the rest of an open file, read `block` bytes at a time.

    `hashlib.file_digest` is not used here: its blocks of 256 KiB would each be a request to an object store.
    """
    digest = hashlib.sha256()
    while data := stream.read(block):
        digest.update(data)
    return digest.hexdigest()
