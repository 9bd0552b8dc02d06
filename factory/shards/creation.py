"""Creation of a shard: its batches become one Parquet object, in memory, or through a file where they are many."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path

import pyarrow as pa

from factory.errors import StorageFailed
from factory.records.tally import Tally
from factory.shards.shard_file import Batches, Footer, write_shard
from factory.storage.faults import reason
from factory.storage.store import Store


def create_shard(
    store: Store, name: str, batches: Batches, counted: Tally, effort: Mapping[str, int] | None = None
) -> tuple[bool, int, Footer]:
    """Write batches as one object, exclusively.

    A single batch is encoded in memory. Several are written to a temporary file, so that memory holds one of them at a
    time; there has to be room for the file: twice in a local folder, once under $TMPDIR for any other.

    Args:
      store: store of the run folder.
      name: name of the object.
      batches: the rows; taken one by one.
      counted: counts over the rows.
      effort: least that was asked for of each question.

    Returns:
      Whether the object was created (False where other bytes have the name), the size and the footer of what was to be.

    Raises:
      StorageFailed: there is no room, or the store refuses.
    """
    stream = iter([batches] if isinstance(batches, pa.RecordBatch) else batches)
    first = list(islice(stream, 2))
    if len(first) < 2:
        sink = pa.BufferOutputStream()
        footer = write_shard(sink, first, counted, effort)
        data = bytes(sink.getvalue())
        return store.create(name, data), len(data), footer
    with _scratch_file(store, name) as path:
        footer = write_shard(path, _given_up(first, stream), counted, effort)
        return store.create_from(name, path), path.stat().st_size, footer


def _given_up(first: list[pa.RecordBatch], rest: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the batches and keep none of them."""
    while first:
        yield first.pop(0)
    yield from rest


@contextmanager
def _scratch_file(store: Store, name: str) -> Iterator[Path]:
    """Open a block with a path for a temporary file; one of a killed writer in a local folder is found by `sweep`."""
    folder = Path(tempfile.gettempdir() if "://" in store.url else store.url)
    path = folder / f".{Path(name).name}.{uuid.uuid4().hex}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield path
    except OSError as error:
        raise StorageFailed(
            f"could not write {path}: {reason(error)}. Expected room for a large unit's file; make some, or set TMPDIR."
        ) from None
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)
