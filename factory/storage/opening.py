"""Opening of a run folder: from a path or URL, as a user gives it, to a store."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from factory.errors import BadInput
from factory.storage.access import Access, check_endpoint
from factory.storage.local import LocalStore
from factory.storage.retries import Tell, log_warning
from factory.storage.store import Store

Folder = str | Path | Store
"""A path, an s3:// URL, or a store that was opened before."""


@dataclass(frozen=True, slots=True)
class Location:
    """Address of a store: can be sent to another process and opened there.

    Attributes:
      url: a path that is the same on all machines, or an s3:// URL.
      access: endpoint, credentials and patience.
    """

    url: str
    access: Access

    def open(self) -> Store:
        """Return the store; nothing is asked of it yet. Raises `BadInput` as `open_store` does."""
        return open_store(self.url, self.access)


def open_store(folder: Folder, access: Access | None = None, tell: Tell = log_warning) -> Store:
    """Return the store of `folder`; nothing is asked of it yet.

    Args:
      folder: a path, an s3:// URL, or a store, which is returned as it is.
      access: endpoint, credentials and patience; None takes the environment's.
      tell: hears when the store does not answer for a while.

    Returns:
      A store on the local disk or on S3.

    Raises:
      BadInput: the place cannot hold a run.
    """
    if not isinstance(folder, str | Path):
        return folder
    # A local folder.
    access = access or Access()
    scheme, separator, rest = str(folder).partition("://")
    if not separator:
        # `Path("s3://bucket")` is "s3:/bucket".
        if scheme.startswith("s3:"):
            raise BadInput("a folder that begins with s3: is no path. Expected the string s3://bucket/folder.")
        return LocalStore(Path(folder), access, tell)
    if scheme == "file":
        return LocalStore(Path(rest), access, tell)
    # S3: refuse what cannot be a bucket before anything is asked of a server.
    if scheme != "s3":
        # A message repeats nothing of the URL but a plain scheme: credentials may stand anywhere else in it.
        named = f"{scheme}://" if scheme.isalnum() else "this URL"
        raise BadInput(f"{named} cannot hold a run. Expected a local folder or s3://bucket/folder.")
    bucket, _, key = rest.partition("/")
    if "@" in bucket or ":" in bucket:
        raise BadInput("an s3:// URL must not hold credentials. Expected s3://bucket/folder, and AWS_* variables.")
    if not bucket:
        raise BadInput("the s3:// URL names no bucket. Expected s3://bucket/folder.")
    # An endpoint from the environment is checked as that of the config is.
    for variable in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        if os.environ.get(variable) and not access.endpoint_url:
            try:
                check_endpoint(os.environ[variable], variable)
            except ValueError as error:
                raise BadInput(f"{error}.") from None
    # Imported here: a run on a local disk needs none of it.
    from factory.storage.s3 import S3Store

    return S3Store(bucket, key.strip("/"), access, tell)


def absolute(folder: str | Path) -> str:
    """Return `folder` as a path or URL that means the same in a process with another working directory."""
    return str(folder) if "://" in str(folder) else str(Path(folder).resolve())
