"""Import of other people's step-labelled data sets as a folder of records like a run's: inspect, export, compare it.

The file is streamed; parts of up to `ROWS_PER_PART` lines are committed by exclusive create, named by a hash of their
first line and one of all. So importing a file again adds nothing, and after a malformed line was mended only what is
missing is added. A part that begins like one already there and goes on otherwise is refused: that file has grown or
changed, and its rows would be there twice; so has one of which a line that was skipped (`skip_bad`) was mended. Lines
inserted further up are not noticed.

manifests/import.json         the format; a folder belongs to one
manifests/receipts/*.parquet  what was committed, by which `factory validate` notices what is lost
data/part-*.parquet           the records
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from factory.contracts.formats import FORMATS, ParseFunction
from factory.errors import BadInput
from factory.plugins import suggest
from factory.readers.source_files import text_lines
from factory.records.record import to_batch
from factory.records.tally import tally
from factory.shards.commits import Receipt, commit, shards
from factory.shards.receipts import ReceiptLog
from factory.storage.access import Access
from factory.storage.opening import open_store
from factory.storage.store import Store
from factory.types import content_id
from pipelines.run.attempts import attempt, last_over
from pipelines.run.run_folder import CONFIG

MANIFEST = "manifests/import.json"
ROWS_PER_PART = 512
# Skipped lines that a summary lists; the others are counted.
LISTED = 5
# A part ends at either bound: lines with whole trees are long.
CHARACTERS_PER_PART = 1 << 24


@dataclass(frozen=True)
class Imported:
    """Lines and parts that an import read, and how many of them were new.

    `skipped` lines could not be read; `complaints` says why, of the first `LISTED`.
    """

    lines: int
    parts: int
    new_lines: int
    new_parts: int
    skipped: int = 0
    complaints: tuple[str, ...] = ()


class BadLines:
    """Lines that cannot be read: the first one ends the import, unless they are to be skipped."""

    def __init__(self, *, skip: bool) -> None:
        self._skip = skip
        self.count = 0
        self.complaints: list[str] = []

    def __call__(self, error: BadInput) -> None:
        """Count a line. Raises `BadInput` where none is to be skipped."""
        if not self._skip:
            raise BadInput(f"{error}, or skip such lines with --skip-bad") from None
        self.count += 1
        if self.count <= LISTED:
            self.complaints.append(str(error))


@dataclass
class ImportPart:
    """Lines and rows of an object to be committed."""

    # Place of the first line, for messages.
    where: str = ""
    # Numbers of the lines in their file.
    numbers: list[int] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    characters: int = 0


def import_file(path: str, name: str, out: str, *, skip_bad: bool = False) -> Imported:
    """Import a file of another layout into a folder of records.

    Args:
      path: a file, a glob or a URL; `.gz` and its like are read.
      name: format of the lines, a plug-in of `factory/formats` that can be read.
      out: a new folder, or one made by an import of the same format; local or s3://.
      skip_bad: malformed lines are left out and counted.

    Returns:
      How much was read and how much of it was new.

    Raises:
      BadInput: a malformed line, by file and number (the parts before it are committed); no line that can be read; or
        somebody else imports into the folder at the moment: of a file and of its grown version, at once, rows would be
        doubled.
    """
    parse = _parse_of(name)
    store = open_store(out)
    claim(store, name)
    bad = BadLines(skip=skip_bad)
    lines = parts = new_lines = new_parts = 0
    with attempt(store, last_over(store), {"imports": path}, Access()) as mine:
        # Known parts by the hash of their first line.
        there = {shard.unit_id.partition("-")[0]: shard.unit_id for shard in shards(store)}
        log = ReceiptLog(store, mine.number)
        try:
            for part in _parts(path, parse, bad):
                # Another import that has taken the folder over stops this one.
                mine.check()
                lines, parts = lines + len(part.lines), parts + 1
                receipt = _commit(store, there, name, part)
                if receipt is not None:
                    log.add(receipt)
                    new_lines, new_parts = new_lines + len(part.lines), new_parts + 1
        finally:
            # Parts in front of a malformed line are committed, so their receipts are kept, too.
            log.flush()
    if bad.count and not lines:
        raise BadInput(
            f"none of the {bad.count:,} lines of {path} can be read as {name}; the first one: {bad.complaints[0]}"
        )
    if not lines:
        raise BadInput(f"{path} holds no lines; expected one JSON object per line; check the path")
    return Imported(
        lines=lines,
        parts=parts,
        new_lines=new_lines,
        new_parts=new_parts,
        skipped=bad.count,
        complaints=tuple(bad.complaints),
    )


def _parse_of(name: str) -> ParseFunction:
    """Return the function that reads a line of format `name`. Raises `BadInput` where it can only be written."""
    parse = FORMATS.load(name).parse
    if parse is None:
        able = [other for other in FORMATS.names() if FORMATS.load(other).parse is not None]
        raise BadInput(f"format {name!r} can be written, not read. {suggest(name, able)}")
    return parse


def claim(store: Store, name: str) -> None:
    """Make the folder an import of format `name`, or recognise it. Raises `BadInput` for anybody else's."""
    there = imported_format(store)
    if there is None:
        if store.size(CONFIG) is not None or shards(store):
            raise BadInput(
                f"{store.url} holds a run. Expected a new folder, or one made by `factory import`; choose another."
            )
        store.create(MANIFEST, (json.dumps({"format": name}) + "\n").encode())
        # Look again: another import may have been faster.
        there = imported_format(store)
    if there != name:
        raise BadInput(f"{store.url} holds an import of format {there!r}, not {name!r}. Choose another OUT folder.")


def imported_format(store: Store) -> str | None:
    """Return the format a folder was imported from, None where it was not. Raises `BadInput` for a broken manifest."""
    try:
        name = json.loads(store.read(MANIFEST))["format"]
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(
            f"{store.url}/{MANIFEST} cannot be read ({type(error).__name__}). Expected the format of an import; remove "
            "the folder and import again."
        ) from None
    return str(name)


def _parts(path: str, parse: ParseFunction, bad: BadLines) -> Iterator[ImportPart]:
    """Yield the lines of a file in parts of bounded size, each line with its row.

    Args:
      path: a file, a glob or a URL.
      parse: reader of a line.
      bad: is told of lines that cannot be read.
    """
    part = ImportPart()
    for name, number, line in text_lines(path, bad):
        if line.isspace():
            continue
        where = f"{name}, line {number}"
        try:
            row = parse(line, where)
        except BadInput as error:
            bad(error)
            continue
        if not part.lines:
            part.where = where
        part.numbers.append(number)
        part.lines.append(line.rstrip("\r\n"))
        part.rows.append(row)
        part.characters += len(line) + sum(len(solution["text"]) for solution in row["solutions"])
        if len(part.lines) == ROWS_PER_PART or part.characters >= CHARACTERS_PER_PART:
            yield part
            part = ImportPart()
    if part.lines:
        yield part


def _commit(store: Store, there: dict[str, str], name: str, part: ImportPart) -> Receipt | None:
    """Commit a part, and return its receipt; None for a part that was there.

    Raises `BadInput` for a part whose first line is known and whose other lines are not, or the other way round.
    """
    # The hash of the first line and its number tells a part, the one of all lines its content.
    first, *others = (
        content_id(name, str(number), line) for number, line in zip(part.numbers, part.lines, strict=True)
    )
    unit_id = f"{first}-{content_id(name, *part.lines)}"
    if there.get(first) == unit_id:
        return None
    if first in there or not there.keys().isdisjoint(others):
        raise BadInput(
            f"{part.where} was imported before, with other lines: the file has grown or changed. Import it into "
            "a new folder."
        )
    rows = [{**row, "unit_id": unit_id} for row in part.rows]
    there[first] = unit_id
    return commit(store, unit_id, to_batch(rows), tally(rows))
