"""Fields of records, and where those of two runs differ in what they hold at all. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Field:
    """Field of the records of one run: `filled`, the share of its values that say something; `of`, how many there are.

    None, "" and empty lists say nothing; 0 does not either where a field is 0 everywhere.
    """

    filled: float
    of: int


def fields_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, Field]:
    """Return the fields of rows by their path, such as `solutions.steps.label`."""
    there: Counter[str] = Counter()
    filled: Counter[str] = Counter()
    for row in rows:
        for path, value in _leaves(row, ""):
            there[path] += 1
            filled[path] += value not in (None, "", 0) or value is False
    return {path: Field(filled[path] / there[path], there[path]) for path in sorted(there)}


def differences(one: Mapping[str, Field], other: Mapping[str, Field]) -> list[str]:
    """Return a line for each field that says something in one run and never anything in the other."""
    lines = []
    for path in sorted({*one, *other}):
        shares = [run[path].filled if path in run else 0.0 for run in (one, other)]
        if (shares[0] == 0) != (shares[1] == 0):
            lines.append(
                f"{path}: {shares[0]:.0%} of its values say something in one run, {shares[1]:.0%} in the other"
            )
    return lines


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield (path, value) of everything that is neither a struct nor a list of structs."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield from _leaves(part, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping | tuple):
        for part in value:
            yield from _leaves(dict([part]) if isinstance(part, tuple) else part, path)
    else:
        yield path, len(value) if isinstance(value, list) else value
