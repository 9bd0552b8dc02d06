"""Damage of objects: whatever Arrow and Python say of broken bytes becomes one error, or one sentence for a user.

Arrow raises a plain `OSError` for a page, and `ArrowException` for a footer: readers should not have to know.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from factory.errors import BadInput, StorageFailed
from factory.storage.store import Store

CHECKSUMS = {"page_checksum_verification": True}
"""Options that Parquet files are read with: damaged bytes must not pass for texts and lists of any length."""


class Unreadable(Exception):
    """Raised for an object that is not a whole Parquet file of records."""


@contextmanager
def reading() -> Iterator[None]:
    """Open a block in which the errors that damaged bytes cause become `Unreadable`; those of the store pass."""
    try:
        yield
    except (StorageFailed, FileNotFoundError):
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise Unreadable(f"{type(error).__name__}: {' '.join(str(error).split())[:160]}") from None


@contextmanager
def undamaged(store: Store, name: str) -> Iterator[None]:
    """Open a block that reads object `name`, in which damage becomes a `BadInput` that names it."""
    try:
        with reading():
            yield
    except Unreadable as error:
        raise BadInput(f"{name} in {store.url} cannot be read ({error}). See `factory validate {store.url}`.") from None


@contextmanager
def readable(store: Store, name: str) -> Iterator[None]:
    """Open a block that reads object `name`, in which damage and loss both become a `BadInput` that names it."""
    try:
        with undamaged(store, name):
            yield
    except FileNotFoundError:
        raise BadInput(f"{name} in {store.url} is gone: the folder has changed meanwhile. Try again.") from None
