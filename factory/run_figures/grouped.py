"""Sums by key: of one batch by Arrow, over all batches in a dictionary as small as the number of keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

Key = tuple[Any, ...]
_DIGITS = re.compile(r"([0-9]{1,18})")


class Sums:
    """Sums of some amounts by key, over all that was added.

    Args:
      keys: names of what a key consists of.
      amounts: names of what is summed up.
    """

    def __init__(self, keys: tuple[str, ...], amounts: tuple[str, ...]) -> None:
        self._keys, self._amounts = keys, amounts
        self._sums: dict[Key, list[float]] = {}

    def add(self, keys: Mapping[str, Any], amounts: Mapping[str, Any]) -> None:
        """Add a batch.

        Args:
          keys: a column for each key, all of one length; one value for all rows where it is no column.
          amounts: a column for each amount, Arrow or numpy; booleans count as 0 and 1.
        """
        length = next(len(column) for column in [*amounts.values()])
        if not length:
            return
        columns = {name: _column(keys[name], length) for name in self._keys}
        table = pa.table(columns | {f"sum of {name}": _amount(amounts[name]) for name in self._amounts})
        asked = [(f"sum of {name}", "sum") for name in self._amounts]
        grouped = table.group_by(list(self._keys), use_threads=False).aggregate(asked)
        values = [grouped[name].to_pylist() for name in self._keys]
        sums = [grouped[f"sum of {name}_sum"].to_pylist() for name in self._amounts]
        for at in range(grouped.num_rows):
            self.count(tuple(column[at] for column in values), [column[at] or 0 for column in sums])

    def count(self, key: Key, amounts: list[float]) -> None:
        """Add the amounts of one key."""
        before = self._sums.setdefault(key, [0] * len(self._amounts))
        for at, amount in enumerate(amounts):
            before[at] += amount

    def rename(self, renamed: Callable[[Key], Key]) -> None:
        """Give keys other names; what has one name then is added up."""
        before, self._sums = self._sums, {}
        for key, amounts in before.items():
            self.count(renamed(key), amounts)

    def __iter__(self) -> Iterator[tuple[Key, dict[str, Any]]]:
        """Iterate over (key, sums by name), in the order of the keys; None stands behind the rest."""
        for key in sorted(self._sums, key=lambda one: [_order(value) for value in one]):
            yield key, dict(zip(self._amounts, self._sums[key], strict=True))

    def rows(self) -> list[dict[str, Any]]:
        """Return a row per key: its names and values, then the sums."""
        return [{**dict(zip(self._keys, key, strict=True)), **sums} for key, sums in self]


def share(part: float, whole: float) -> float | None:
    """Return part / whole; None where there is nothing to divide by."""
    return part / whole if whole else None


def histogram(values: Any, weights: Any, size: int) -> list[float]:
    """Return sums of weights by value, from 0 to size - 1; larger values are in the last."""
    counted = np.bincount(np.minimum(values, size - 1), weights=weights, minlength=size)
    return [float(each) for each in counted]


def _order(value: Any) -> tuple[Any, ...]:
    """Return what keys are sorted by: numbers within texts by their value, so that round_10 is behind round_9."""
    pieces = _DIGITS.split(str(value))
    return value is None, [(int(one), "") if at % 2 else (-1, one) for at, one in enumerate(pieces)]


def _column(values: Any, length: int) -> Any:
    if isinstance(values, pa.Array | pa.ChunkedArray | np.ndarray):
        return values
    return pa.array([values] * length, pa.string() if values is None or isinstance(values, str) else None)


def _amount(values: Any) -> Any:
    if isinstance(values, np.ndarray) and values.dtype == bool:
        return values.astype(np.int64)
    return values
