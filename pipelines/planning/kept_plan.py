"""Plan of a run kept in its folder, so that a resume need not read the source to know what is missing.

`manifests/plan.parquet` has a row for each unit (its id), each row of the source that is left out, and each question
that got another id: 13 bytes each before compression. It holds nothing that decides anything:

* it counts only for the very config, source, counts of the source and version of the factory that it was made for, and
  only where it has the hash that it was written with;
* the id of every unit is computed again from the questions when it is handed out.

So a plan that is lost, damaged or out of date costs one pass over the source, and one that is wrong stops the run.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from importlib.metadata import version

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from factory.shards.unit_sizes import UnitSizes
from factory.storage.store import Store
from factory.types import content_id
from pipelines.planning.source_rows import SourceRows
from pipelines.run.settings import Settings

FILE = "manifests/plan.parquet"
_FORMAT = "1"
_MADE_FOR, _DIGEST, _NAMES, _CONTENT = b"factory.made_for", b"factory.digest", b"factory.names", b"factory.content"
_UNIT, _DROPPED, _RENAMED = range(3)
_SCHEMA = pa.schema([("kind", pa.uint8()), ("value", pa.uint64()), ("mark", pa.uint32())])


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """Units and rows of a source.

    * `ids`: id of each unit, as a number, in the order of the units.
    * `rows`: rows that are left out or renamed.
    """

    ids: NDArray[np.uint64]
    rows: SourceRows


def made_for(settings: Settings, sizes: UnitSizes) -> str | None:
    """Return a hash of all that decides a plan but the questions' content; None where the source cannot tell."""
    stamp = settings.source.plugin.stamp
    # A source within the run's own folder is read with credentials that stand in no config: it is read in full.
    stamped = None if stamp is None or settings.run.part_of else stamp(settings.source.config)
    if stamped is None:
        return None
    sized = [str(sizes.first), str(sizes.most)]
    return content_id(_FORMAT, version("selfplay-factory"), settings.fingerprint, stamped, *sized)


def keep(store: Store, plan: KeptPlan, digest: str, mark: str) -> None:
    """Keep a plan in the folder.

    Args:
      store: the run folder.
      plan: the plan.
      digest: hash of the keys of all questions, as the survey has it.
      mark: what `made_for` returned before the source was read.
    """
    rows, names = plan.rows, json.dumps(plan.rows.names)
    parts = [plan.ids, _numbers(rows.dropped), _numbers(rows.renamed)]
    kinds = np.repeat(np.array([_UNIT, _DROPPED, _RENAMED], dtype=np.uint8), [len(part) for part in parts])
    marks = np.zeros(len(kinds), dtype=np.uint32)
    marks[kinds == _RENAMED] = _numbers(rows.marks)
    columns: list[NDArray[np.generic]] = [kinds, np.concatenate(parts), marks]
    metadata = {_MADE_FOR: mark, _DIGEST: digest, _NAMES: names, _CONTENT: _content(columns, names)}
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns, schema=_SCHEMA.with_metadata(metadata)), sink, compression="zstd")
    store.replace(FILE, sink.getvalue().to_pybytes())


def kept(store: Store, digest: str, mark: str | None) -> KeptPlan | None:
    """Return the plan in a folder; None where there is none for this `digest` and `mark`, which are those of `keep`."""
    if mark is None:
        return None
    try:
        data = store.read(FILE)
    except FileNotFoundError:
        return None
    # Whatever is wrong with the file: it can be made again.
    with suppress(pa.ArrowException, KeyError, OSError, ValueError, TypeError):
        # Not `read_table`, which loads all that Arrow knows of data sets of many files.
        with pq.ParquetFile(pa.BufferReader(data)) as file:
            table = file.read()
        metadata, columns = table.schema.metadata or {}, [column.to_numpy() for column in table.columns]
        names = metadata[_NAMES].decode()
        if (metadata[_MADE_FOR].decode(), metadata[_DIGEST].decode()) != (mark, digest):
            return None
        if metadata[_CONTENT].decode() != _content(columns, names):
            return None
        kinds, values, marks = columns
        rows = SourceRows(
            dropped=_array("Q", values[kinds == _DROPPED]),
            renamed=_array("Q", values[kinds == _RENAMED]),
            marks=_array("I", marks[kinds == _RENAMED]),
            names=json.loads(names),
        )
        return KeptPlan(values[kinds == _UNIT], rows)
    return None


def _content(columns: Sequence[NDArray[np.generic]], names: str) -> str:
    """Return a hash of all that a plan's file holds."""
    digest = blake2b(names.encode(), digest_size=16)
    for column in columns:
        digest.update(f"{column.dtype.str} {len(column)}".encode())
        digest.update(column.tobytes())
    return digest.hexdigest()


def _numbers(values: array[int]) -> NDArray[np.unsignedinteger]:
    """Return an array of Python's as one of numpy's."""
    return np.frombuffer(values, dtype=np.dtype(values.typecode)) if values else np.empty(0, values.typecode)


def _array(kind: str, values: NDArray[np.generic]) -> array[int]:
    """Return an array of numpy's as one of Python's."""
    made = array(kind)
    made.frombytes(values.astype(np.dtype(kind)).tobytes())
    return made
