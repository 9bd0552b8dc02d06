"""Ledger of a chaos run: which objects were seen committed, and what is wrong with them. Pure: bytes in, faults out.

Every object is recorded when it is first seen, and compared at the end: what was there once has to be there for good,
byte for byte. Rows are compared with those of an undisturbed run, without the columns that depend on a clock.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

FAULTS = ("lost", "doubled", "changed", "partial", "failed", "differs_from_undisturbed", "leftovers")
_OBJECT = re.compile(r"(?:.*/)?part-(?P<unit>[0-9a-f]+)(?:\.r(?P<revision>[0-9]{3,}))?\.parquet")

LedgerRow = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SeenObject:
    """Object when it was first seen: hash of its bytes, and its questions with the digest of each one's row."""

    size: int
    sha256: str
    questions: tuple[tuple[str, str], ...]


@dataclass
class Ledger:
    """Ledger. `seen`: objects by name. `faults`: one line for each fault, by kind."""

    seen: dict[str, SeenObject] = field(default_factory=dict)
    faults: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in FAULTS})

    def see(self, name: str, data: bytes) -> None:
        """Record an object when it is first seen."""
        try:
            rows = read(data)
        except (pa.ArrowException, OSError, ValueError, KeyError) as error:
            self.faults["partial"].append(f"{name} ({len(data):,} bytes): {type(error).__name__}: {error}"[:300])
            rows = []
        for row in rows:
            if row["status"] != "ok":
                self.faults["failed"].append(f"{name}: {row['question_id']}: {row['failure']}")
        questions = tuple((row["question_id"], digest(row)) for row in rows)
        self.seen[name] = SeenObject(len(data), hashlib.sha256(data).hexdigest(), questions)

    def see_again(self, objects: Mapping[str, bytes | None]) -> None:
        """Compare everything with what is there at the end; None is an object that is gone."""
        for name, data in objects.items():
            if data is not None and name not in self.seen and unit_of(name):
                # Committed after the last look.
                self.see(name, data)
        for name, seen in self.seen.items():
            data = objects.get(name)
            if data is None:
                if not any(revised(name, other) for other in objects if objects[other] is not None):
                    self.faults["changed"].append(f"{name} was there and is gone")
            elif hashlib.sha256(data).hexdigest() != seen.sha256:
                self.faults["changed"].append(f"{name} had {seen.size:,} bytes and another content than now")

    def account(self, names: Iterable[str], expected: Mapping[str, str]) -> None:
        """Compare the rows of the objects `names` with `expected`: digests of an undisturbed run, by question id."""
        rows = [question for name in latest(names) for question in self.seen[name].questions]
        counts = Counter(question for question, _ in rows)
        self.faults["lost"] += [question for question in expected if not counts[question]]
        self.faults["doubled"] += [f"{question} × {count}" for question, count in counts.items() if count > 1]
        self.faults["doubled"] += [f"{question} is of no source" for question in counts if question not in expected]
        self.faults["differs_from_undisturbed"] += [
            question for question, digest in rows if expected.get(question, digest) != digest
        ]


def read(data: bytes) -> list[LedgerRow]:
    """Return the rows of a whole object. Raises when it is cut off, damaged, or holds less than its footer says."""
    with pq.ParquetFile(io.BytesIO(data), page_checksum_verification=True) as file:
        promised = json.loads((file.schema_arrow.metadata or {})[b"factory.tally"])["questions"]
        rows: list[LedgerRow] = file.read().to_pylist()
    if len(rows) != promised:
        raise ValueError(f"{len(rows)} rows, its footer promises {promised}")
    return rows


def digest(row: LedgerRow) -> str:
    """Return a hash of a row without the columns that depend on a clock."""
    return hashlib.sha256(json.dumps(timeless(row), sort_keys=True, default=str).encode()).hexdigest()


def timeless(row: LedgerRow) -> LedgerRow:
    """Return a row without its time stamp and its seconds."""
    cost = {key: value for key, value in row["cost"].items() if key != "seconds"}
    return {key: value for key, value in row.items() if key != "created_at"} | {"cost": cost}


def differences(ours: Any, theirs: Any, path: str = "") -> Iterator[str]:
    """Yield the places where two rows differ, each with both values."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            yield from differences(ours.get(key), theirs.get(key), f"{path}.{key}" if path else key)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, pair in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(*pair, f"{path}[{index}]")
    elif ours != theirs:
        yield f"{path}: {str(ours)[:100]!r}, undisturbed {str(theirs)[:100]!r}"


def unit_of(name: str) -> str | None:
    """Return the unit whose rows an object holds; None for a name that is no shard's."""
    parts = _OBJECT.fullmatch(name)
    return parts["unit"] if parts else None


def latest(names: Iterable[str]) -> list[str]:
    """Return for each unit the object with the highest revision, which is the one that counts."""
    best: dict[str, tuple[int, str]] = {}
    for name in names:
        if parts := _OBJECT.fullmatch(name):
            best[parts["unit"]] = max(best.get(parts["unit"], (-1, "")), (int(parts["revision"] or 0), name))
    return sorted(name for _, name in best.values())


def revised(name: str, other: str) -> bool:
    """Return True when `other` is a later revision of the unit in `name`."""
    return name != other and unit_of(name) == unit_of(other) and latest([name, other]) == [other]
