"""Whether a store keeps the promise that everything rests on: of two creates of one name, the second loses."""

from __future__ import annotations

from factory.errors import BadInput
from factory.storage.store import Store


def check_exclusive(store: Store, name: str) -> None:
    """Create object `name`, which is there, a second time. Raises `BadInput` for a store that lets it be overwritten,
    as one does that does not know `If-None-Match` and ignores it.

    What such a store holds then is the same with an empty line at its end.
    """
    if store.create(name, store.read(name) + b"\n"):
        raise BadInput(
            f"{store.url} let {name} be created twice: what one writer has committed, another would overwrite. "
            "Expected exclusive creates (on S3: conditional writes, If-None-Match); choose another folder."
        )
