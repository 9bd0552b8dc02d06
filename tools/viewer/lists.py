"""Pages of the list of questions, and counts for its filters; the last answers are kept, as pages follow each other."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from math import isnan
from typing import Any, TypeVar

from factory.browsing.facts import NONE
from factory.browsing.filter import Filter
from factory.browsing.inner_runs import inner_runs
from factory.browsing.matching import Counts, Looked, added
from factory.browsing.ordering import ordered
from factory.browsing.parts import Array, Part, folder_of
from factory.browsing.places import places_of
from tools.viewer.annotating import Annotating
from tools.viewer.index import Index

T = TypeVar("T")
PAGE = 200  # most rows of a page
NAMES = 60  # most names of one key that are counted for a reader
# Answers that are kept: the last one, and more of them while they are small.
_KEPT, _BYTES = 4, 64 * 2**20


class Lists:
    """Lists of the questions of an index.

    Args:
      index: the index.
      annotating: what people say, shown beside each question.
    """

    def __init__(self, index: Index, annotating: Annotating) -> None:
        self._index, self._annotating = index, annotating
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()

    def page(self, wanted: Filter, offset: int, limit: int) -> dict[str, Any]:
        """Return a page: `total` questions pass the filter, `rows` of them from `offset` on, and of how many.

        Args:
          wanted: filter and order.
          offset: questions before the page.
          limit: questions of it, at most `PAGE`.
        """
        known, annotated = self._index.known, self._annotated(wanted)
        key = ("rows", wanted.text, known.version, annotated)
        matching = self._once(key, lambda: ordered(known.parts, wanted, annotated))
        here = matching[offset : offset + min(limit, PAGE)].tolist()
        return {
            "version": known.version,
            "of": known.questions,
            "total": len(matching),
            "offset": offset,
            "rows": self.rows(known.parts, here),
        }

    def counts(self, wanted: Filter) -> dict[str, Any]:
        """Return for each key how many questions there are with each of its most frequent names."""
        known = self._index.known
        asked, annotated = replace(wanted, sort="order", descending=False), self._annotated(wanted)
        key = ("counts", asked.text, known.version, annotated)
        counts: Counts = self._once(key, lambda: added([Looked(one, asked, annotated).counts() for one in known.parts]))
        return {key: {"names": names.most_common(NAMES), "different": len(names)} for key, names in counts.items()}

    def runs(self) -> list[dict[str, Any]]:
        """Return how many questions each run within the folder has, and how often its model is right."""
        known = self._index.known
        return self._once(("runs", known.version), lambda: inner_runs(known.parts))

    def matching(self, wanted: Filter) -> tuple[tuple[Part, ...], list[Array]]:
        """Return the parts of the index, and of each the questions that pass."""
        parts, annotated = self._index.known.parts, self._annotated(wanted)
        return parts, [Looked(part, wanted, annotated).rows() for part in parts]

    def rows(self, parts: tuple[Part, ...], numbers: Sequence[int]) -> list[dict[str, Any]]:
        """Return what a list shows of the questions with some numbers.

        `copy` tells records of one question in one folder apart (`factory/browsing/places.py`). `sure` is the
        confidence of the least sure label of the solutions with a located first error, None without one; `said` is how
        many annotations of people there are.
        """
        rows = [_row(parts, at) for at in numbers]
        ids = list({row["question_id"] for row in rows})
        copies = {place.at: place.copy for place in places_of(parts, ids)} if rows else {}
        said = self._annotating.said
        return [
            {**row, "copy": copies.get(row["at"], 0), "said": len(said.of_record(row["part"], row["question_id"]))}
            for row in rows
        ]

    def _annotated(self, wanted: Filter) -> frozenset[tuple[str, str]]:
        """Return (run, id) of annotated questions, where a filter asks for them."""
        return frozenset(self._annotating.said.of_questions) if wanted.said else frozenset()

    def _once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what was made for a key lately, or make it; one at a time, as each takes a lot of memory."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = make()
                while len(self._kept) > 1 and (len(self._kept) > _KEPT or self._bytes() > _BYTES):
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]

    def _bytes(self) -> int:
        return sum(getattr(one, "nbytes", 0) for one in self._kept.values())


def _row(parts: tuple[Part, ...], at: int) -> dict[str, Any]:
    """Return what the index holds of the question with a number."""
    part = next(part for part in parts if 0 <= at - part.first < len(part))
    row = at - part.first
    facts = part.questions.slice(row, 1).to_pylist()[0]
    start = int(part.values("solutions")[:row].sum())
    of_it = part.solutions.slice(start, facts["solutions"]).to_pylist()
    verdicts = Counter(one["verdict"] for one in of_it)
    located = [one for one in of_it if one["first_error"] > NONE]
    sure = [one["confidence"] for one in located if not isnan(one["confidence"])]
    return {
        "at": at,
        **facts,
        "part": folder_of(part.place_of(row)[0]),
        "verdicts": dict(verdicts),
        "first_errors": sorted({one["first_error"] + 1 for one in located})[:8],
        "sure": min(sure, default=None),
        "flawed": sum(one["flawed"] == 1 for one in of_it),
        "contradicted": sum(one["contradicted"] == 1 for one in of_it),
    }
