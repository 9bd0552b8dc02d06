"""Questions from CSV with a header line (RFC 4180 quoting). Local or remote, globs, `.gz` and its like unpacked."""

from __future__ import annotations

import csv
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from factory.errors import BadInput
from factory.readers.columns import Columns, SourceRow, check_columns, to_questions
from factory.readers.source_files import text_lines
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
    return to_questions(_rows(config), config, source=posixpath.basename(config.path))


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
