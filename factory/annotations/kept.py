"""Annotations beside their run: one small object each, `annotations/<time>-<random>.json`.

Nothing is ever overwritten, so two people who annotate one run at the same time, on a disk or on S3, lose nothing. Who
changes his mind adds an object; the last one counts (`annotation.py`). A single file would have to be read, changed and
written back, which S3 cannot do safely for two writers.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from factory.annotations.annotation import Annotation, decoded
from factory.errors import BadInput
from factory.storage.ahead import in_order
from factory.storage.opening import Folder, open_store
from factory.storage.store import Store

FOLDER = "annotations"
_NAME = re.compile(rf"{FOLDER}/\d{{8}}T\d{{6}}\d*-[0-9a-f]{{12}}\.json")


def keep(folder: Folder, annotation: Annotation) -> str:
    """Write an annotation, and return the name of its object. Raises `StorageFailed` where it cannot be written."""
    time = re.sub(r"[^0-9T]", "", annotation.at.partition("+")[0])
    name = f"{FOLDER}/{time}-{uuid.uuid4().hex[:12]}.json"
    open_store(folder).create(name, annotation.encoded())
    return name


def annotations_in(
    folder: Folder,
    known: Mapping[str, Annotation] = MappingProxyType({}),
    broken: Callable[[str], None] | None = None,
) -> Iterator[tuple[str, Annotation]]:
    """Yield the annotations of a run by the name of their object, in the order of their times.

    All are listed each time: names begin with the time of whoever wrote them, and clocks differ. One that is removed
    between listing and reading is left out.

    Args:
      folder: run folder.
      known: annotations that were read before, by name; they are not read again, as nothing is ever overwritten.
      broken: hears of each object that is no annotation, which is left out then; None raises.

    Raises:
      BadInput: an object is no annotation.
    """
    store = open_store(folder)
    names = [entry.name for entry in store.entries(FOLDER) if _NAME.fullmatch(entry.name)]
    read = in_order(lambda name: _read(store, name), (name for name in names if name not in known), store.width)
    for name in names:
        if name in known:
            yield name, known[name]
        elif (data := next(read)) is not None:
            try:
                annotation = decoded(data)
            except (ValueError, RecursionError) as error:
                trouble = (
                    f"{store.url}/{name} cannot be read: {error}. Expected an annotation as `factory view --annotate` "
                    "writes it; remove the object."
                )
                if broken is None:
                    raise BadInput(trouble) from None
                broken(trouble)
            else:
                yield name, annotation


def _read(store: Store, name: str) -> bytes | None:
    """Return the bytes of an object; None where it was removed meanwhile."""
    try:
        return store.read(name)
    except FileNotFoundError:
        return None
