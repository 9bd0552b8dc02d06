"""Search for a text in questions and solutions: hits come as they are seen, until there are enough or time is up.

Upper and lower case are the same. What is read goes by the filter: objects without a question that passes are skipped.
Only the last search of a viewer goes on; a newer one ends it.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from factory.browsing.filter import Filter
from factory.browsing.parts import Array, Part
from factory.errors import BadInput
from factory.records.record_columns import leaves
from factory.shards.damage import CHECKSUMS, Unreadable, reading
from factory.storage.ahead import in_order
from factory.storage.store import Store
from tools.viewer.lists import Lists

COLUMNS = ("question_id", "question", "gold_answer", "solutions.text", "solutions.reasoning", "solutions.solution_id")
HITS, LONGEST_S, PATTERN = 200, 60.0, 200
_AROUND = 60  # characters of a hit's surroundings on each side
_OBJECTS, _BATCH, _READERS = 16, 512, 2
_SAY_S = 0.25


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Object to look through: its name, number of its first question, and the rows that pass."""

    name: str
    first: int
    rows: Array


@dataclass(slots=True)
class _Looked:
    """Objects that were looked through.

    `hits`: number of the question, where and what was seen, one per question; `read`: questions that were looked at;
    `skipped`: name of an object that could not be read, and why.
    """

    hits: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    read: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Skipped:
    """Objects that a search could not read: how many, and the first one."""

    objects: int = 0
    first: str = ""

    def add(self, skipped: Sequence[tuple[str, str]]) -> None:
        """Count some, each with why."""
        if skipped and not self.objects:
            self.first = ": ".join(skipped[0])
        self.objects += len(skipped)

    @property
    def sentence(self) -> str:
        """All of them in words."""
        return f"{self.objects:,} object{'s' * (self.objects > 1)} could not be read, the first is {self.first}"


class TextSearch:
    """Search through the objects of a run."""

    def __init__(self, store: Store, lists: Lists) -> None:
        self._store, self._lists = store, lists
        self._number = 0
        self._lock = threading.Lock()

    def hits(self, text: str, wanted: Filter) -> Iterator[dict[str, Any]]:
        """Yield hits, progress now and then, and at last why the search has ended.

        Args:
          text: what is looked for, as it is written; not a pattern.
          wanted: questions that are looked at.

        Yields:
          of a hit: {"hit": row of the list, "where": "question", "gold answer" or "solution", "solution": id or None,
            "before", "match", "after": what stands there, "more": other texts of the record with it}
          now and then: {"read": questions, "of": questions}
          at last: {"end": "done", "enough", "time" or "newer", "read", "of"}, and as "error" what could not be read

        Raises:
          BadInput: the text is empty or too long.
        """
        if not text.strip() or len(text) > PATTERN:
            raise BadInput(f"a text of {len(text):,} characters was got to search for. Expected 1 to {PATTERN}.")
        with self._lock:
            self._number += 1
            number = self._number
        return self._streamed(text, wanted, number)

    def _streamed(self, text: str, wanted: Filter, number: int) -> Iterator[dict[str, Any]]:
        try:
            began = said = time.monotonic()
            parts, matching = self._lists.matching(wanted)
            total, read, n_hits, skipped = sum(map(len, matching)), 0, 0, Skipped()
            yield {"read": 0, "of": total}
            chunks = _chunks(_objects(parts, matching))
            width = min(self._store.width, 8) if self._store.width > 1 else _READERS
            end = "done"
            for looked in in_order(lambda chunk: _search(self._store, chunk, text), chunks, width):
                hits = looked.hits[: HITS - n_hits]
                for row, (_, hit) in zip(self._lists.rows(parts, [at for at, _ in hits]), hits, strict=True):
                    yield {"hit": row, **hit}
                n_hits, read = n_hits + len(hits), read + looked.read
                skipped.add(looked.skipped)
                now = time.monotonic()
                if n_hits >= HITS:
                    end = "enough"
                elif number != self._number:
                    end = "newer"
                elif now - began > LONGEST_S:
                    end = "time"
                if end != "done":
                    break
                if now - said > _SAY_S:
                    said = now
                    yield {"read": read, "of": total}
            yield {"end": end, "read": read, "of": total, **({"error": skipped.sentence} if skipped.objects else {})}
        finally:
            # Texts take much more memory than the index.
            pa.default_memory_pool().release_unused()


def _objects(parts: Sequence[Part], matching: Sequence[Array]) -> Iterator[_Wanted]:
    """Yield the objects with questions that pass."""
    for part, rows in zip(parts, matching, strict=True):
        ends = np.cumsum([one.rows for one in part.objects])
        borders = np.searchsorted(rows, np.concatenate([[0], ends]))
        for place, one in enumerate(part.objects):
            start, own = int(ends[place]) - one.rows, rows[borders[place] : borders[place + 1]]
            if len(own):
                yield _Wanted(one.name, part.first + start, own - start)


def _chunks(objects: Iterator[_Wanted]) -> Iterator[list[_Wanted]]:
    """Yield objects in groups; the first ones are small, so that something is seen at once."""
    chunk: list[_Wanted] = []
    most = 1
    for one in objects:
        chunk.append(one)
        if len(chunk) >= most:
            yield chunk
            chunk, most = [], min(2 * most, _OBJECTS)
    if chunk:
        yield chunk


def _search(store: Store, objects: Sequence[_Wanted], text: str) -> _Looked:
    """Return the hits in some objects, and what could not be read."""
    looked = _Looked()
    hits = looked.hits
    for one in objects:
        rows = set(one.rows.tolist())
        try:
            with reading(), pq.ParquetFile(store.open(one.name), **CHECKSUMS) as file:
                start = 0
                for batch in file.iter_batches(_BATCH, columns=leaves(file, COLUMNS), use_threads=False):
                    hits += ((one.first + start + row, hit) for row, hit in _seen(batch, text) if start + row in rows)
                    start += batch.num_rows
        except (FileNotFoundError, Unreadable) as error:
            gone = isinstance(error, FileNotFoundError)
            looked.skipped.append((one.name, "it was deleted" if gone else str(error)))
            continue
        looked.read += len(one.rows)
        if len(hits) >= HITS:
            break
    return looked


def _seen(batch: pa.RecordBatch, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows of a batch in which a text stands, in their order, each with the first place and how many more."""
    columns = set(batch.schema.names)
    hits: list[tuple[int, dict[str, Any]]] = []
    for name in ("question", "gold_answer"):
        if name in columns:
            where = name.replace("_", " ")
            hits += (
                (row, {"where": where, "solution": None, **around(said, text)})
                for row, said in _with(batch[name], text)
            )
    if "solutions" in columns:
        lists = batch["solutions"]
        flat = lists.flatten()
        owners = np.repeat(np.arange(len(lists)), np.asarray(pc.fill_null(pc.list_value_length(lists), 0)))
        for name in ("text", "reasoning"):
            if flat.type.get_field_index(name) >= 0:
                for place, said in _with(pc.struct_field(flat, name), text):
                    whose = _id_of(flat, place)
                    hits.append((int(owners[place]), {"where": "solution", "solution": whose, **around(said, text)}))
    for row, of_row in groupby(sorted(hits, key=itemgetter(0)), key=itemgetter(0)):
        (_, first), *others = of_row
        yield row, {**first, "more": len(others)}


def _with(texts: Any, text: str) -> Iterator[tuple[int, str]]:
    """Yield the places of the texts in which another one stands, and them."""
    mask = np.asarray(pc.fill_null(pc.match_substring(texts, text, ignore_case=True), False), bool)
    for place in np.flatnonzero(mask).tolist():
        yield place, texts[place].as_py()


def _id_of(flat: Any, place: int) -> str | None:
    one: Mapping[str, Any] = flat[place].as_py()
    return one.get("solution_id")


def around(said: str, text: str) -> dict[str, str]:
    """Return the first place of a text in another, with what stands around it."""
    match = re.search(re.escape(text), said, re.IGNORECASE)
    # Arrow and Python may differ in which rare letters are the same; the place is only for looking at.
    start, end = match.span() if match else (0, 0)
    before, after = said[max(0, start - _AROUND) : start], said[end : end + _AROUND]
    return {
        "before": f"{'…' * (start > _AROUND)}{before}",
        "match": said[start:end],
        "after": f"{after}{'…' * (end + _AROUND < len(said))}",
    }
