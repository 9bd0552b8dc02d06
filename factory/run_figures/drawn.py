"""Questions to be looked at, with where they lie: the slowest ones, and some drawn by seed."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np

from factory.run_figures.flat_rows import FlatRows, Place, numbers


@dataclass(order=True, frozen=True, slots=True)
class Pick:
    """Row that is kept: `rank` decides, the largest stay; then where it lies and what is known of it."""

    rank: float
    question_id: str
    place: Place = field(compare=False)
    row: int = field(compare=False)
    known: dict[str, Any] = field(compare=False, default_factory=dict)


class _Largest:
    """Keeper of the picks with the largest ranks."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._heap: list[Pick] = []

    @property
    def least(self) -> float:
        """Rank that a pick has to pass; none while there is room."""
        return self._heap[0].rank if len(self._heap) >= self._size else float("-inf")

    def add(self, pick: Pick) -> None:
        """Keep a pick if it is among the largest; of a question that its folder has twice, as in imports, the first."""
        same = (pick.place.part, pick.question_id)
        if any((kept.place.part, kept.question_id) == same for kept in self._heap):
            return
        if len(self._heap) < self._size:
            heapq.heappush(self._heap, pick)
        elif self._size and pick > self._heap[0]:
            heapq.heapreplace(self._heap, pick)

    def picks(self) -> list[Pick]:
        """Return the picks, the largest first."""
        return sorted(self._heap, reverse=True)


class Slowest:
    """Questions that took the most seconds."""

    COLUMNS = ("question_id", "source", "cost.seconds", "cost.policy_calls", "cost.completion_tokens")

    def __init__(self, size: int = 15) -> None:
        self._size = size
        self._largest = _Largest(size)

    def add(self, rows: FlatRows) -> None:
        """Add some rows."""
        seconds = numbers(rows.of_questions("cost.seconds")).astype(float)
        for at in np.argsort(-seconds, kind="stable")[: self._size].tolist():
            if seconds[at] <= max(0.0, self._largest.least):
                return
            place, row = rows.place(at)
            known = {
                "seconds": float(seconds[at]),
                "source": rows.of_questions("source")[at].as_py(),
                "calls": rows.of_questions("cost.policy_calls")[at].as_py(),
                "tokens": rows.of_questions("cost.completion_tokens")[at].as_py(),
            }
            question_id = rows.of_questions("question_id")[at].as_py()
            self._largest.add(Pick(float(seconds[at]), question_id, place, row, known))

    def picks(self) -> list[Pick]:
        """Return the questions, the slowest first."""
        return self._largest.picks()

    def figures(self) -> dict[str, Any]:
        """Return a row per question."""
        rows = [{"question_id": one.question_id, "part": one.place.part, **one.known} for one in self.picks()]
        return {"rows": rows}


class Drawn:
    """Questions drawn by a seed, each as likely as any other, whatever order they come in.

    A hash of seed, folder and id decides, so that a run that goes on keeps most of what was drawn before. Of several
    runs each question of each is as likely.
    """

    COLUMNS = ("question_id",)

    def __init__(self, seed: int, size: int = 10) -> None:
        self._salt = f"{seed} ".encode()
        self._largest = _Largest(size)

    def add(self, rows: FlatRows) -> None:
        """Add some rows."""
        ids = rows.of_questions("question_id").to_pylist()
        salt = self._salt + rows.part.encode("utf-8", "surrogatepass")
        ranks = [_rank(salt, question_id) for question_id in ids]
        for at in np.flatnonzero(np.array(ranks) > self._largest.least).tolist():
            place, row = rows.place(at)
            self._largest.add(Pick(ranks[at], ids[at], place, row))

    def picks(self) -> list[Pick]:
        """Return what was drawn, in the order of the hashes."""
        return self._largest.picks()

    def figures(self) -> dict[str, Any]:
        """Return the ids."""
        return {"rows": [{"question_id": one.question_id, "part": one.place.part} for one in self.picks()]}


def _rank(salt: bytes, question_id: str) -> float:
    data = salt + question_id.encode("utf-8", "surrogatepass")
    return float(int.from_bytes(blake2b(data, digest_size=6).digest(), "big"))
