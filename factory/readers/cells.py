"""Values of a row by name: of a column, or of something within one, such as `extra_info.answer` or `choices[0]`.

A column whose very name is asked for wins. A column that holds JSON as text, as CSV does, is looked into as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from factory.errors import BadInput
from factory.plugins import suggest

_INDEX = re.compile(r"\[(-?\d{1,9})\]")
# Where a name may be cut in two: what stands before is the name of a column or a key.
_CUT = re.compile(r"[.\[]")


class NotThere(BadInput):
    """Error for a name that a row has not."""


def column_of(name: str, present: Collection[str]) -> str | None:
    """Return which of the columns `present` holds what `name` names; None where none does.

    The longest counts, as a column's own name may hold dots and brackets.
    """
    if name in present:
        return name
    cuts = [cut.start() for cut in _CUT.finditer(name)]
    return next((name[:end] for end in reversed(cuts) if name[:end] in present), None)


def check_column(name: str, present: Iterable[str], where: str) -> str:
    """Return the column that holds what `name` names.

    Args:
      name: name of a column, or of something within one.
      present: columns that there are.
      where: place, for the error.

    Raises:
      NotThere: there is none; the message names the nearest.
    """
    names = list(present)
    column = column_of(name, names)
    if column is None:
        first = _CUT.split(name)[0]
        raise NotThere(
            f"{where}: there is no column {name!r}. {suggest(first or name, names)} "
            "Set question_column, answer_column and their like to columns that are there."
        )
    return column


def value_of(row: Mapping[str, Any], name: str, where: str) -> Any:
    """Return what `name` names in a row; None where it lies within something that is null.

    Args:
      row: values by column.
      name: name of a column, or a path that begins with one.
      where: place of the row, for errors.

    Raises:
      NotThere: the row has no such column, or the column holds nothing of this name.
    """
    if name in row:
        return row[name]
    column = check_column(name, row, where)
    value, path, rest = row[column], column, name[len(column) :]
    while rest and value is not None:
        value, step = _inside(value, rest, f"{where}: {path!r}")
        path, rest = path + step, rest[len(step) :]
    return value


def _inside(holder: Any, rest: str, where: str) -> tuple[Any, str]:
    """Return the value that the first step of `rest` leads to, and that step. Raises `NotThere`."""
    holder = _opened(holder)
    index = _INDEX.match(rest)
    if isinstance(holder, Mapping):
        keys = [str(key) for key in holder]
        key = column_of(rest.removeprefix("."), keys)
        if key is None:
            raise NotThere(f"{where} has no {rest.lstrip('.')!r}. {suggest(_CUT.split(rest.lstrip('.'))[0], keys)}")
        return holder[key], rest[: len(rest) - len(rest.removeprefix("."))] + key
    if isinstance(holder, list) and index:
        number = int(index[1])
        inside = -len(holder) <= number < len(holder)
        return holder[number] if inside else None, index[0]
    expected = "a list" if index else "a JSON object"
    hint = "; name one of its entries with [0]" * isinstance(holder, list)
    raise NotThere(f"{where} is {excerpt(holder)}, so there is no {rest!r} in it; expected {expected}{hint}")


def _opened(value: Any) -> Any:
    """Return what JSON text holds, and Arrow's maps as mappings; all else as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    if isinstance(value, list) and value and all(isinstance(entry, tuple) and len(entry) == 2 for entry in value):
        return dict(value)
    return value


def excerpt(value: object) -> str:
    """Return a value for an error: "empty", or the beginning of its repr."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return "empty"
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:59] + "…"
