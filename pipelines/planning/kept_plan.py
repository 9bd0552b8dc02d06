"""Plan of a run kept in its folder, so that a resume need not read the source to know what is missing.

`manifests/plan.parquet` has a row for each unit (its id), each row of the source that is left out, and each question
that got another id: 8 to 20 bytes each before compression. It holds nothing that decides anything:

* it counts only for the very config, source, counts of the source and version of the factory that it was made for;
* the id of every unit is computed again from the questions when it is handed out.

So a plan that is lost, damaged or out of date costs one pass over the source, and one that is wrong stops the run.
"""

from __future__ import annotations

from array import array
from contextlib import suppress
from dataclasses import dataclass
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
_MADE_FOR, _DIGEST = b"factory.made_for", b"factory.digest"
_UNIT, _DROPPED, _RENAMED = range(3)
_SCHEMA = pa.schema(
    [("kind", pa.uint8()), ("value", pa.uint64()), ("mark", pa.dictionary(pa.uint32(), pa.string()))],
)


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
    rows = plan.rows
    parts = [plan.ids, _numbers(rows.dropped), _numbers(rows.renamed)]
    sizes = [len(part) for part in parts]
    table = pa.table(
        {
            "kind": np.repeat(np.array([_UNIT, _DROPPED, _RENAMED], dtype=np.uint8), sizes),
            "value": np.concatenate(parts),
            "mark": _marks(rows, len(plan.ids) + len(rows.dropped)),
        },
        schema=_SCHEMA.with_metadata({_MADE_FOR: mark.encode(), _DIGEST: digest.encode()}),
    )
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
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
        table = pq.read_table(pa.BufferReader(data))
        metadata = table.schema.metadata or {}
        if (metadata.get(_MADE_FOR), metadata.get(_DIGEST)) != (mark.encode(), digest.encode()):
            return None
        kinds, values = (table.column(name).to_numpy() for name in ("kind", "value"))
        marks = table.column("mark").combine_chunks().filter(pa.array(kinds == _RENAMED)).dictionary_encode()
        rows = SourceRows(
            dropped=_array("Q", values[kinds == _DROPPED]),
            renamed=_array("Q", values[kinds == _RENAMED]),
            marks=_array("I", marks.indices.to_numpy()),
            names=marks.dictionary.to_pylist(),
        )
        return KeptPlan(values[kinds == _UNIT].astype(np.uint64), rows)
    return None


def _marks(rows: SourceRows, before: int) -> pa.Array:
    """Return the column of marks: nothing for the `before` rows that have none, then those of the renamed ones."""
    indices = pa.array(np.concatenate([np.zeros(before, np.uint32), _numbers(rows.marks)]), mask=_mask(before, rows))
    return pa.DictionaryArray.from_arrays(indices, pa.array(rows.names, pa.string()))


def _mask(before: int, rows: SourceRows) -> NDArray[np.bool_]:
    return np.arange(before + len(rows.renamed)) < before


def _numbers(values: array[int]) -> NDArray[np.unsignedinteger]:
    """Return an array of Python's as one of numpy's."""
    return np.frombuffer(values, dtype=np.dtype(values.typecode)) if values else np.empty(0, values.typecode)


def _array(kind: str, values: NDArray[np.generic]) -> array[int]:
    """Return an array of numpy's as one of Python's."""
    made = array(kind)
    made.frombytes(values.astype(np.dtype(kind)).tobytes())
    return made
