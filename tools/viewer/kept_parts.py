"""Index parts kept in the factory's cache, so that a run is read once: `$FACTORY_CACHE/views/<run>/`.

A part is two Arrow files, mapped into memory and not copied: what no filter asks for is never read. Its name is a hash
of the objects in it, and it appears by a rename, so viewers of one run may keep parts at the same time. A folder that
cannot be written, and files that cannot be read, cost time and nothing else.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from actors.models.resolve import cache_folder
from factory.browsing.facts import QUESTIONS, SOLUTIONS
from factory.browsing.parts import ObjectRows, Part
from factory.storage.opening import absolute

VERSION = 2  # of what the facts say: a part of another one is read anew
_RUNS = 24  # runs whose parts are kept, the last ones looked at
_OBJECTS = b"objects"
_QUESTIONS, _SOLUTIONS = ".questions.arrow", ".solutions.arrow"


class KeptParts:
    """Folder of the parts of one run. `say` hears once where nothing can be kept."""

    def __init__(self, run_dir: str, say: Callable[[str], None]) -> None:
        digest = hashlib.sha256(absolute(run_dir).encode("utf-8", "surrogatepass")).hexdigest()[:16]
        self.folder = cache_folder() / "views" / f"{digest}-v{VERSION}"
        self._say = say
        self._broken = False

    def load(self) -> Iterator[Part]:
        """Yield the parts that are kept, the largest first."""
        for path in sorted(self._files(), key=_size, reverse=True):
            # Another version of Arrow, a full disk or another viewer may have left it unreadable, or have removed it.
            with contextlib.suppress(OSError, pa.ArrowInvalid, ValueError, KeyError, TypeError):
                part = _read(path)
                if len(part):
                    yield part

    def keep(self, part: Part, instead_of: Part | None = None) -> Part:
        """Keep a part, and remove the one that it continues.

        Args:
          part: part to keep.
          instead_of: part that is kept by now and is the beginning of this one.

        Returns:
          The same part as a mapped file, of which the memory is the system's to take; the part itself where it cannot
          be kept.
        """
        if self._broken:
            return part
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._prune()
            path = self.folder / _name(part)
            described = {_OBJECTS: json.dumps([asdict(one) for one in part.objects]).encode()}
            # The questions last: they name the objects, so a part without them is not there.
            _write(path.with_suffix(_SOLUTIONS), part.solutions)
            _write(path.with_suffix(_QUESTIONS), part.questions.replace_schema_metadata(described))
            if instead_of is not None and _name(instead_of) != path.name:
                self.remove(instead_of)
            mapped = _read(path.with_suffix(_QUESTIONS))
            mapped.gone, mapped.first = part.gone, part.first
            return mapped
        except OSError as error:
            self._broken = True
            self._say(f"the index cannot be kept in {self.folder} ({error.strerror}), so it is made anew next time")
            return part

    def remove(self, part: Part) -> None:
        """Remove a part; nothing happens where it is not kept."""
        for suffix in (_QUESTIONS, _SOLUTIONS):
            with contextlib.suppress(OSError):
                (self.folder / _name(part)).with_suffix(suffix).unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        try:
            os.utime(self.folder)
            return list(self.folder.glob(f"*{_QUESTIONS}"))
        except OSError:
            return []

    def _prune(self) -> None:
        """Remove the parts of runs that nobody has looked at for longest."""
        # Another viewer may remove them at the same time.
        with contextlib.suppress(OSError):
            runs = sorted(self.folder.parent.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
            for path in runs[_RUNS:]:
                shutil.rmtree(path, ignore_errors=True)


def _read(path: Path) -> Part:
    questions, solutions = (
        _mapped(path.with_name(path.name.replace(_QUESTIONS, end))) for end in (_QUESTIONS, _SOLUTIONS)
    )
    objects = json.loads(questions.schema.metadata[_OBJECTS])
    whole = questions.schema.equals(QUESTIONS) and solutions.schema.equals(SOLUTIONS)
    if not whole or max(questions["question_id"].num_chunks, solutions["verdict"].num_chunks) > 1:
        raise ValueError(path)
    part = Part(
        objects=tuple(ObjectRows(**one) for one in objects),
        questions=questions.replace_schema_metadata(None),
        solutions=solutions,
    )
    if sum(one.rows for one in part.objects) != len(part):
        raise ValueError(path)
    return part


def _mapped(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as file:
        return pa.ipc.open_file(file).read_all()


def _write(path: Path, table: pa.Table) -> None:
    """Write a table in one piece, and give it its name at the end."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with pa.OSFile(str(temporary), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            for batch in table.to_batches():
                writer.write_batch(batch)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _name(part: Part) -> str:
    """Return the name of a part without its suffix: a hash of its objects."""
    told: Any = [(one.name, one.mark) for one in part.objects]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:24]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
