"""The door to the stores: from what a user calls a folder to the store it is."""

from __future__ import annotations

from pathlib import Path

from factory.errors import BadInput
from factory.storage.access import Access
from factory.storage.local import LocalStore
from factory.storage.retries import Tell, log_warning
from factory.storage.store import Store

Folder = str | Path | Store
"""A path, an s3:// URL, or a store that was opened before."""


def open_store(folder: Folder, access: Access | None = None, tell: Tell = log_warning) -> Store:
    """The store of `folder`; nothing is asked of it yet. Raises `BadInput` for a place that cannot be one.

    `tell` hears when the store does not answer for a while.
    """
    if not isinstance(folder, str | Path):
        return folder
    access = access or Access()
    scheme, separator, rest = str(folder).partition("://")
    if not separator:
        return LocalStore(Path(folder), access, tell)
    if scheme == "file":
        return LocalStore(Path(rest), access, tell)
    if scheme != "s3":
        raise BadInput(f"{scheme}:// cannot hold a run. Expected a local folder or s3://bucket/folder.")
    bucket, _, key = rest.partition("/")
    if "@" in bucket or ":" in bucket:
        raise BadInput("an s3:// URL must not hold credentials. Expected s3://bucket/folder, and AWS_* variables.")
    if not bucket:
        raise BadInput(f"{folder} names no bucket. Expected s3://bucket/folder.")
    from factory.storage.s3 import S3Store

    return S3Store(bucket, key.strip("/"), access, tell)


def absolute(folder: str | Path) -> str:
    """`folder` for processes that work elsewhere."""
    return str(folder) if "://" in str(folder) else str(Path(folder).resolve())
