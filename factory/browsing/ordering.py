"""Order of the questions that a filter lets through: by one number each; equal ones stay in the order of the run."""

from __future__ import annotations

import numpy as np

from factory.browsing.filter import Filter
from factory.browsing.parts import Array, Part


def keys_of(part: Part, rows: Array, sort: str) -> Array:
    """Return what questions are ordered by; NaN for one that has no such number, which comes last.

    Args:
      part: part of an index.
      rows: some of its questions.
      sort: one of `factory.browsing.filter.SORTS`.
    """
    if sort == "pass":
        samples = part.values("samples")[rows]
        return np.where(samples > 0, part.values("right")[rows] / np.maximum(samples, 1), np.nan).astype(np.float32)
    if sort == "confidence":
        return _least_confidence(part)[rows]
    if sort == "order":
        return np.zeros(len(rows), np.float32)
    return part.values(sort)[rows].astype(np.float32)


def places(keys: Array, wanted: Filter) -> Array:
    """Return the order of questions as places in `keys`."""
    if wanted.sort == "order":
        order = np.arange(len(keys))
        return order[::-1] if wanted.descending else order
    # Numpy puts NaN last.
    return np.argsort(-keys if wanted.descending else keys, kind="stable")


def _least_confidence(part: Part) -> Array:
    """Return the least confidence of all labels of each question; NaN where it has none."""
    starts, confidence = part.starts(), part.values("confidence")
    least = np.full(len(part), np.nan, np.float32)
    some = starts[1:] > starts[:-1]
    if some.any():
        least[some] = np.fmin.reduceat(confidence, starts[:-1][some])
    return least
