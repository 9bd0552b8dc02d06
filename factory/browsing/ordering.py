"""Questions that a filter lets through, in its order: by one number each; equal ones stay in the order of the run."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from factory.browsing.facts import NONE
from factory.browsing.filter import Filter
from factory.browsing.matching import Looked
from factory.browsing.parts import Array, Part


def ordered(parts: Sequence[Part], wanted: Filter, annotated: Collection[tuple[str, str]] = ()) -> Array:
    """Return the numbers of the questions that pass, in the order that is asked for.

    Args:
      parts: the index.
      wanted: filter and order.
      annotated: (run within the folder, id) of the questions that people have annotated, "" for all runs.
    """
    numbers, keys = [np.zeros(0, np.int32)], [np.zeros(0, np.float32)]
    for part in parts:
        rows = Looked(part, wanted, annotated).rows()
        # Numbers of millions of questions: half as many bytes where that is enough.
        numbers.append((rows + part.first).astype(np.int32 if part.first + len(part) < 2**31 else np.int64))
        if wanted.sort != "order":
            keys.append(_keys(part, rows, wanted.sort))
    whole = np.concatenate(numbers)
    if wanted.sort == "order":
        return whole[::-1] if wanted.descending else whole
    numbers.clear()
    by = np.concatenate(keys)
    keys.clear()
    # Numpy puts NaN last.
    return np.asarray(whole[np.argsort(np.negative(by, out=by) if wanted.descending else by, kind="stable")])


def _keys(part: Part, rows: Array, sort: str) -> Array:
    """Return what some questions of a part are ordered by; NaN for one that has no such number, which comes last."""
    if sort == "pass":
        samples = part.values("samples")[rows]
        return np.where(samples > 0, part.values("right")[rows] / np.maximum(samples, 1), np.nan).astype(np.float32)
    if sort == "confidence":
        return _sureness(part)[rows]
    return part.values(sort)[rows].astype(np.float32)


def _sureness(part: Part) -> Array:
    """Return the least confidence of each question's solutions with a located first error; NaN where it has none."""
    starts = part.starts()
    confidence = np.where(part.values("first_error") > NONE, part.values("confidence"), np.float32(np.nan))
    least = np.full(len(part), np.nan, np.float32)
    some = starts[1:] > starts[:-1]
    if some.any():
        least[some] = np.fmin.reduceat(confidence, starts[:-1][some])
    return least
