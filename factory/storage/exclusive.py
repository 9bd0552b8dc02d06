"""Check that a store creates exclusively: of two creates of one name, the second loses. Every commit depends on it."""

from __future__ import annotations

from factory.errors import BadInput
from factory.storage.store import Store


def check_exclusive(store: Store, name: str) -> None:
    """Create object `name`, which exists, a second time; raise `BadInput` when the store lets it be overwritten.

    Stores that do not know `If-None-Match` ignore it, and do so. The object then has an empty line at its end.
    """
    if store.create(name, store.read(name) + b"\n"):
        raise BadInput(
            f"{store.url} let {name} be created twice: what one writer has committed, another would overwrite. "
            "Expected exclusive creates (on S3: conditional writes, If-None-Match); choose another folder."
        )
