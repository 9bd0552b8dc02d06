"""Contract of the record formats in `factory/formats/`, picked by `--format` of an export or an import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from factory.plugins import Plugin, Registry
from factory.records.schema import SCHEMA


class RowsFunction(Protocol):
    """Turn one record into rows of the format."""

    def __call__(self, record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield the rows, none or more.

        `record` has the columns of `COLUMNS`, as `factory/records/schema.py` describes them, less the solutions that an
        export leaves out.
        """
        ...


class LabelsFunction(Protocol):
    """List the labels of one row, which an export counts."""

    def __call__(self, row: Mapping[str, Any]) -> Iterable[Any]:
        """Return the labels in `row`, one per step or one per row; null is left to the format."""
        ...


class UsesFunction(Protocol):
    """Say which solutions of a record the format can use."""

    def __call__(self, solution: Mapping[str, Any]) -> bool:
        """Return True where rows are made of `solution`: caps and balance draw among those."""
        ...


class ParseFunction(Protocol):
    """Read one line of a data set in this format."""

    def __call__(self, line: str, where: str) -> dict[str, Any]:
        """Return the record that a line of JSON stands for.

        Raises `BadInput` for a malformed line; its message begins with `where`, which names file and line.
        """
        ...


def no_labels(row: Mapping[str, Any]) -> tuple[()]:
    """Return nothing: rows of the format have no labels."""
    return ()


def uses_every_solution(solution: Mapping[str, Any]) -> bool:
    """Return True for every solution."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatPlugin(Plugin):
    """Names that a record format defines."""

    rows: RowsFunction
    """Function that turns one record into rows."""

    FEATURES: pa.Schema | None
    """Arrow schema of the rows; None for JSON lines."""

    SUFFIX: str
    """Ending of the files: ".parquet", or ".jsonl" where `FEATURES` is None."""

    COLUMNS: tuple[str, ...] = tuple(SCHEMA.names)
    """Columns of a record that `rows` reads: an export reads no others."""

    labels: LabelsFunction = no_labels
    """Function that lists the labels of one row."""

    uses: UsesFunction = uses_every_solution
    """Function that says which solutions can be used."""

    ONLY_RIGHT: bool = False
    """True where only right solutions are used, so that there is nothing to balance."""

    WHOLE_TEXTS: bool = False
    """True where all that rows hold of a solution is its text: what its model thought aloud can be left out of them."""

    ANNOTATED: bool = False
    """True where `rows` also reads `record["annotations"]`: what people said of its steps, as plain values of
    `factory.annotations.annotation.Annotation`; an export reads it from beside the runs."""

    parse: ParseFunction | None = None
    """Function that reads one line back; None where the format can only be written."""


FORMATS = Registry("factory.formats", FormatPlugin, kind="a format")
