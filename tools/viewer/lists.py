"""Pages of the list of questions, and counts for its filters; the last answers are kept, as pages follow each other."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from factory.browsing.facts import NONE
from factory.browsing.filter import Filter
from factory.browsing.matching import Counts, Looked, added
from factory.browsing.ordering import keys_of, places
from factory.browsing.parts import Array, Part, folder_of
from tools.viewer.index import Index

T = TypeVar("T")
PAGE = 200  # most rows of a page
NAMES = 60  # most names of one key that are counted for a reader
_KEPT = 4


class Lists:
    """Lists of the questions of an index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str, int], Any] = OrderedDict()

    def page(self, wanted: Filter, offset: int, limit: int) -> dict[str, Any]:
        """Return a page: `total` questions pass the filter, `rows` of them from `offset` on, and of how many.

        Args:
          wanted: filter and order.
          offset: questions before the page.
          limit: questions of it, at most `PAGE`.
        """
        version, parts = self._index.version, self._index.parts
        matching = self._once(("rows", wanted.text, version), lambda: self._matching(parts, wanted))
        here = matching[offset : offset + min(limit, PAGE)].tolist()
        return {
            "version": version,
            "of": sum(len(part) - (0 if part.gone is None else int(part.gone.sum())) for part in parts),
            "total": len(matching),
            "offset": offset,
            "rows": [self.row(parts, at) for at in here],
        }

    def counts(self, wanted: Filter) -> dict[str, Any]:
        """Return for each key how many questions there are with each of its most frequent names."""
        version, parts = self._index.version, self._index.parts
        named = Filter(named=wanted.named, sure_below=wanted.sure_below, sure_above=wanted.sure_above)
        counts: Counts = self._once(
            ("counts", named.text, version), lambda: added([Looked(part, named).counts() for part in parts])
        )
        return {key: {"names": names.most_common(NAMES), "different": len(names)} for key, names in counts.items()}

    def matching(self, wanted: Filter) -> tuple[tuple[Part, ...], list[Array]]:
        """Return the parts of the index, and of each the questions that pass."""
        parts = self._index.parts
        return parts, [Looked(part, wanted).rows() for part in parts]

    def _matching(self, parts: tuple[Part, ...], wanted: Filter) -> Array:
        """Return the numbers of all questions that pass, in order."""
        numbers, keys, before = [], [], 0
        for part in parts:
            rows = Looked(part, wanted).rows()
            numbers.append(rows + before)
            keys.append(keys_of(part, rows, wanted.sort))
            before += len(part)
        if not numbers:
            return np.zeros(0, np.int64)
        whole = np.concatenate(numbers)
        return whole[places(np.concatenate(keys), wanted)].astype(np.int32 if before < 2**31 else np.int64)

    def row(self, parts: tuple[Part, ...], at: int) -> dict[str, Any]:
        """Return what a list shows of the question with a number."""
        row = at
        for part in parts:
            if row < len(part):
                break
            row -= len(part)
        facts = part.questions.slice(row, 1).to_pylist()[0]
        start, end = part.starts()[row : row + 2].tolist()
        of_it = part.solutions.slice(start, end - start).to_pylist()
        verdicts: dict[str, int] = {}
        for solution in of_it:
            verdicts[solution["verdict"]] = verdicts.get(solution["verdict"], 0) + 1
        errors = sorted({one["first_error"] + 1 for one in of_it if one["first_error"] > NONE})
        return {
            "at": at,
            **facts,
            "part": folder_of(part.place_of(row)[0]),
            "verdicts": verdicts,
            "first_errors": errors[:8],
            "flawed": sum(one["flawed"] == 1 for one in of_it),
            "contradicted": sum(one["contradicted"] == 1 for one in of_it),
        }

    def _once(self, key: tuple[str, str, int], make: Callable[[], T]) -> T:
        """Return what was made for a key lately, or make it; one at a time, as each takes a lot of memory."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]
