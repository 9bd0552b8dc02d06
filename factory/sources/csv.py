"""Questions from CSV with a header line (RFC 4180 quoting). Local or remote, globs, `.gz` and its like unpacked."""

from __future__ import annotations

import csv
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter

from factory.errors import BadInput
from factory.readers.columns import Columns, SourceRow, check_columns, rows_are_questions, to_questions
from factory.readers.source_files import stamp_of, text_lines
from factory.types import Question


@dataclass
class Config(Columns):
    """Settings of the source, besides `Columns`.

    * `path`: a file, a glob or a URL.
    * `delimiter`: the one character between fields.
    """

    path: str = ""
    delimiter: str = ","


def questions(config: Config) -> Iterator[Question]:
    """Yield the questions of the file or files, read row by row. Raises `BadInput` at the first bad line."""
    return questions_from(config, 0)


def questions_from(config: Config, row: int) -> Iterator[Question]:
    """Yield the questions but for the first `row`, which are read and not looked at."""
    source, skip = posixpath.basename(config.path), row if rows_are_questions(config) else 0
    return islice(to_questions(islice(_rows(config), skip, None), config, source, first=skip), row - skip, None)


def stamp(config: Config) -> str | None:
    """Return names, sizes and times of the files."""
    return stamp_of(config.path)


def _rows(config: Config) -> Iterator[SourceRow]:
    """Yield the rows of all files."""
    if len(config.delimiter) != 1 or config.delimiter in '\r\n"':
        raise BadInput(f"delimiter is {config.delimiter!r}; expected one character, such as ',' or a tab")
    # Each file has a header of its own.
    for name, lines in groupby(text_lines(config.path), key=itemgetter(0)):
        yield from _file_rows(name, (text for _, _, text in lines), config)


def _file_rows(name: str, lines: Iterator[str], config: Config) -> Iterator[SourceRow]:
    """Yield the rows of one file, each with its place. Raises `BadInput` for a row that does not fit the header."""
    reader = csv.reader(lines, delimiter=config.delimiter, strict=True)
    header: list[str] | None = None
    while True:
        # A quoted field may span lines: a row's number is that of its first line.
        number = reader.line_num + 1
        where = f"{name}, line {number}"
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadInput(
                f"{where}: not CSV ({error}); expected fields separated by {config.delimiter!r}, quotes closed and "
                "doubled inside quotes; mend the row that begins here"
            ) from None
        # An empty line is no row; the first row is the header; all others must have as many fields.
        if not fields:
            continue
        if header is None:
            header = fields
            _check_header(header, config, where)
        elif len(fields) != len(header):
            raise BadInput(
                f"{where}: got {len(fields)} fields, expected {len(header)} as in the header; mend the row "
                "(a field that holds the delimiter or a line end must be quoted)"
            )
        else:
            yield where, dict(zip(header, fields, strict=True))


def _check_header(header: list[str], config: Config, where: str) -> None:
    """Check that the header has each column once, and all that are asked for. Raises `BadInput`."""
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        raise BadInput(f"{where}: the header names {doubled[0]!r} twice; expected each column once; rename one")
    check_columns(header, config, where)
