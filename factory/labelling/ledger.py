"""Ledger of what all workers of a run have learnt about its policy. Pure: the driver keeps it, and its file.

Each worker reports its own sums so far (`Experience.lessons`), which replace its report before, and hears the total of
all others (`Experience.hear`). So nothing counts twice, however often and in whatever order it is told. What a worker
that is gone had finished stays; what it had under way is begun anew by others.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np

from factory.errors import BadInput
from factory.labelling.arrays import Array
from factory.labelling.experience import EVEN, Lessons, Sums
from factory.labelling.opinions import COUNTS, Reliability

VERSION = 1
# Ids of workers that are gone, which are remembered so that a late report does not count twice.
_REMEMBERED = 4096
# No run has so many questions; what is larger is damage.
_MOST = 1e15


class Ledger:
    """Sums of all workers of a run, and of its earlier attempts.

    `unread`: what of an older file could not be used, in one sentence; "" where that is nothing.
    """

    def __init__(self, base: Sums | None = None) -> None:
        """Begin with what earlier attempts have learnt (`from_json`), or with nothing."""
        self.unread = ""
        self._base = base or Sums()
        self._reports: dict[str, Lessons] = {}
        self._gone: dict[str, None] = {}

    @property
    def total(self) -> Lessons:
        """Sum of all reports and of what was there before."""
        return self.others_of("")

    def report(self, worker_id: str, lessons: Lessons) -> None:
        """Take what a worker's own questions have taught it so far, in place of its last report.

        A report of a worker that has retired is ignored: it has been counted.

        Args:
          worker_id: `Experience.id` of the worker.
          lessons: its `Experience.lessons()`.
        """
        if worker_id not in self._gone:
            self._reports[worker_id] = lessons

    def others_of(self, worker_id: str) -> Lessons:
        """Return the sum of everything but what this worker has reported itself: what it shall `hear`."""
        others = (lessons for other, lessons in self._reports.items() if other != worker_id)
        return sum(others, Lessons(finished=self._base))

    def retire(self, worker_id: str) -> None:
        """Keep what a worker that is gone had learnt from finished questions, and no more of it."""
        lessons = self._reports.pop(worker_id, None)
        if lessons:
            self._base += lessons.finished
        self._gone[worker_id] = None
        if len(self._gone) > _REMEMBERED:
            del self._gone[next(iter(self._gone))]

    def to_json(self) -> str:
        """Return what finished questions have taught, as JSON of one line, for `from_json`."""
        finished = self.total.finished
        opinions = [[*key, _short(counts)] for key, counts in sorted(finished.opinions.counts.items())]
        kept = {"version": VERSION, "questions": finished.questions, "cells": _short(finished.cells)}
        return json.dumps(kept | ({"opinions": opinions} if opinions else {}))

    @classmethod
    def from_json(cls, text: str) -> Ledger:
        """Return a ledger that begins with what `to_json` has written.

        What was learnt of opinions in another shape, by another version of the factory, is left out: the prior over the
        policy does not rest on it.

        Raises:
          BadInput: the text is damaged, or of another version; in one sentence.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError):
            values = None
        if not isinstance(values, dict):
            raise BadInput("what the run has learnt cannot be read: expected a JSON object; it is learnt anew.")
        version = values.get("version")
        if version != VERSION:
            raise BadInput(
                f"what the run has learnt is of version {version!r:.40}, expected {VERSION}; it is learnt anew."
            )
        questions, cells = values.get("questions"), values.get("cells")
        if not _is_amount(questions) or not isinstance(questions, int) or not isinstance(cells, list):
            raise BadInput("what the run has learnt is damaged: expected `questions` and `cells`; it is learnt anew.")
        if len(cells) != len(EVEN) or not all(map(_is_amount, cells)):
            raise BadInput(
                f"what the run has learnt is damaged: expected {len(EVEN)} numbers of 0 or more in `cells`; "
                "it is learnt anew."
            )
        # Each question is one distribution over the cells. A damaged number would outweigh all that is ever learnt.
        if not math.isclose(sum(cells), questions, rel_tol=1e-3, abs_tol=1e-3):
            raise BadInput(
                f"what the run has learnt is damaged: expected `cells` that add up to {questions} `questions`, "
                f"got {sum(cells):.6g}; it is learnt anew."
            )
        opinions = _opinions(values.get("opinions", []))
        sums = Sums(cells=np.array(cells, dtype=np.float64), questions=questions, opinions=opinions or Reliability())
        ledger = cls(sums)
        if opinions is None:
            ledger.unread = "what the run has learnt of opinions has the shape of another version; it is learnt anew."
        return ledger


def _opinions(kept: Any) -> Reliability | None:
    """Return how far opinions are right, as `to_json` has written it; None where another version has written it.

    Raises `BadInput` for anything else.
    """
    counts = {}
    is_of_another_version = False
    for entry in kept if isinstance(kept, list) else [None]:
        match entry:
            case [str(source), int(grade), int(size), [*numbers]] if len(numbers) == COUNTS and all(
                map(_is_amount, numbers)
            ):
                counts[source, grade, size] = np.array(numbers, dtype=np.float64)
            case [str(), int(), *sizes, [_, *_] as numbers] if all(map(_is_amount, [*sizes, *numbers])):
                is_of_another_version = True
            case _:
                raise BadInput(
                    "what the run has learnt is damaged: expected source, grade, size and "
                    f"{COUNTS} numbers of 0 or more in each of `opinions`, got {entry!r:.80}; it is learnt anew."
                )
    return None if is_of_another_version else Reliability(counts)


def _short(numbers: Array) -> list[float]:
    """Return numbers with as many digits as are worth keeping."""
    return [float(f"{value:.9g}") for value in numbers]


def _is_amount(value: Any) -> bool:
    """Return True for a number from 0 to `_MOST`."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _MOST
