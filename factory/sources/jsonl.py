"""Questions from JSON Lines: one JSON object per line. Local or remote, globs, `.gz` and its like unpacked."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from factory.errors import BadInput
from factory.readers.columns import Columns, SourceRow, rows_are_questions, to_questions
from factory.readers.source_files import stamp_of, text_lines
from factory.types import Question


@dataclass
class Config(Columns):
    """Settings of the source, besides `Columns`.

    * `path`: a file, a glob or a URL such as `s3://bucket/file.jsonl.gz`.
    """

    path: str = ""


def questions(config: Config) -> Iterator[Question]:
    """Yield the questions of the file or files, read line by line. Raises `BadInput` at the first bad line."""
    return questions_from(config, 0)


def questions_from(config: Config, row: int) -> Iterator[Question]:
    """Yield the questions but for the first `row`, whose lines are only counted."""
    source, skip = posixpath.basename(config.path), row if rows_are_questions(config) else 0
    return islice(to_questions(_rows(config.path, skip), config, source, first=skip), row - skip, None)


def stamp(config: Config) -> str | None:
    """Return names, sizes and times of the files."""
    return stamp_of(config.path)


def _rows(path: str, skip: int) -> Iterator[SourceRow]:
    """Yield the rows of all files but for the first `skip`, each with its place.

    Raises `BadInput` for a line that is no JSON object.
    """
    for name, number, line in text_lines(path):
        # Blank lines, such as the last one of many files, are no rows.
        if line.isspace():
            continue
        if skip:
            skip -= 1
            continue
        where = f"{name}, line {number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise BadInput(
                f"{where}: not JSON ({error.msg}, column {error.colno}); expected one JSON object per line; "
                f"{_advice(number, line)}"
            ) from None
        # Numbers of too many digits, and brackets nested too deeply.
        except (ValueError, RecursionError) as error:
            raise BadInput(f"{where}: JSON that cannot be read ({error}); mend or remove the line") from None
        if not isinstance(row, dict):
            raise BadInput(f"{where}: got a JSON {_KINDS[type(row)]}, expected a JSON object; {_advice(number, line)}")
        yield where, row


_KINDS = {
    list: "array",
    str: "string",
    int: "number",
    float: "number",
    bool: "true/false",
    type(None): "null",
}


def _advice(number: int, line: str) -> str:
    """Return what to do about a bad line."""
    if number == 1 and line.lstrip().startswith("["):
        return "this looks like one JSON array: turn it into lines with jq -c '.[]'"
    return "mend or remove the line"
