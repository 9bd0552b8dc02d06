"""Cache of arrays, bounded by bytes: tables grow with the length of a solution, so a number of them is no bound."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

import numpy as np

T = TypeVar("T", bound=np.ndarray | tuple[np.ndarray, ...])


class Kept(Generic[T]):
    """Function from hashable arguments to an array or a tuple of them, whose last results are kept.

    Results are shared, so nobody may write to them. One that is larger than the bound is not kept at all.
    """

    def __init__(self, compute: Callable[..., T], at_most: int) -> None:
        """Wrap a function.

        Args:
          compute: function without side effects.
          at_most: bytes of arrays that are kept.
        """
        self._compute = compute
        self._at_most = at_most
        self._results: dict[Hashable, T] = {}
        self.bytes = 0

    def __call__(self, *key: Hashable) -> T:
        """Return what the function returns for these arguments, from before where it is kept."""
        result = self._results.pop(key, None)
        if result is None:
            result = self._compute(*key)
            self.bytes += _size(result)
        # The end of the dictionary is what was asked for last.
        self._results[key] = result
        while self.bytes > self._at_most:
            self.bytes -= _size(self._results.pop(next(iter(self._results))))
        return result


def _size(result: np.ndarray | tuple[np.ndarray, ...]) -> int:
    """Return the bytes of all arrays."""
    return sum(array.nbytes for array in result) if isinstance(result, tuple) else result.nbytes
