"""Blocks of a page: tables, and charts that are drawn from one. Plain values; the template prints them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import floor, log10
from typing import Any

TEXT, NUMBER, SHARE, SECONDS, MONEY, CODE = "text", "number", "share", "seconds", "money", "code"
READY = "ready"
"""Kind of a number that is a text already, as the numbers of one column are of different kinds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Column of a table.

    Attributes:
      name: its head.
      key: key of its values in the rows.
      kind: how values are shown, one of the constants above.
      series: colour of the series that a chart draws of it ("good", "series-3", "" for the next one); None: not drawn.
      error: key of the standard errors of its values, shown behind them; "" for none.
    """

    name: str
    key: str
    kind: str = NUMBER
    series: str | None = None
    error: str = ""

    @property
    def is_number(self) -> bool:
        """True where its cells stand to the right."""
        return self.kind not in (TEXT, CODE)


@dataclass(frozen=True, slots=True)
class Cell:
    """Cell as it is shown, and the plain value behind it, which charts draw and tables sort by; None for none."""

    shown: str
    value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Table with a caption that says what its rows are."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Mapping[str, Any]]

    @property
    def cells(self) -> list[list[Cell]]:
        """Cells by row."""
        return [[cell_of(row, column) for column in self.columns] for row in self.rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Chart of the numbers of its table.

    Attributes:
      title: what is drawn, in a few words.
      caption: what is to be seen in it, in a sentence or two.
      table: the numbers; its first column is x.
      kind: "bars", "stacked", "lines" or "calibration", as `tools/web/static/charts.js` draws them.
      x, y: names of the axes.
      by_value: True places x by its value, False one beside the other.
      lying: True for bars that lie, with long names.
    """

    title: str
    caption: str
    table: Table
    kind: str = "bars"
    x: str = ""
    y: str = ""
    by_value: bool = False
    lying: bool = False

    @property
    def percent(self) -> bool:
        """True where the values are shares."""
        return all(column.kind == SHARE for column in self.table.columns if column.series is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Part of the page: its anchor, its head, a sentence, its blocks, and remarks on what they do not say."""

    anchor: str
    title: str
    lead: str
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    remarks: Sequence[str] = field(default=())


def cell_of(row: Mapping[str, Any], column: Column) -> Cell:
    """Return a cell of a row; a value that is not there is a dash."""
    value = row.get(column.key)
    if value is None or value == "":
        return Cell("–")
    if not column.is_number or column.kind == READY:
        return Cell(str(value))
    error = row.get(column.error) if column.error else None
    said = shown(value, column.kind) + (f" ± {shown(error, column.kind)}" if error else "")
    return Cell(said, float(value))


def shown(value: float, kind: str) -> str:
    """Return a number as a person reads it.

    >>> shown(0.5234, SHARE), shown(1234567, NUMBER), shown(3723.4, SECONDS), shown(0.000012, MONEY)
    ('52.3%', '1,234,567', '1:02:03', '0.000012')
    """
    if kind == SHARE:
        return f"{value:.1%}"
    if kind == SECONDS:
        minutes, second = divmod(round(value), 60)
        hours, minute = divmod(minutes, 60)
        return (
            f"{hours:,}:{minute:02d}:{second:02d}"
            if hours
            else f"{minute}:{second:02d}"
            if minute
            else f"{value:.1f} s"
        )
    if kind == MONEY:
        # Two digits that say something, never as 1.2e-05.
        return f"{value:,.2f}" if abs(value) >= 1 or not value else f"{value:.{1 - floor(log10(abs(value)))}f}"
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.1f}" if abs(value) >= 10 else f"{value:.3g}"


def short(value: float) -> str:
    """Return a large count in three digits, as axes have it.

    >>> short(999), short(10_684), short(1_068_643), short(2_400_000_000)
    ('999', '10.7K', '1.07M', '2.4B')
    """
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e4, "K")):
        if abs(value) >= size:
            return f"{value / (1e3 if unit == 'K' else size):.3g}{unit}"
    return f"{value:,.0f}"


def those_with(columns: Iterable[Column], rows: Sequence[Mapping[str, Any]]) -> list[Column]:
    """Return the columns that say anything: texts where two rows differ or one is known, numbers that are not all 0."""
    return [column for column in columns if any(row.get(column.key) not in (None, "", 0) for row in rows)]
