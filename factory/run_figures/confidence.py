"""Confidence of step labels: how sure they say they are, and how often they are right where later evidence says.

Later evidence is a first error of the same solution that is known otherwise: by people, by more rollouts, by another
labeller. Steps up to it are judged by it, steps behind it are not. Where there is none, nothing here says whether
labels are right, and the figures say so by having no such rows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np

from factory.evaluation.label_scores import BOUNDS
from factory.run_figures.flat_rows import FlatRows, Ints, numbers
from factory.run_figures.grouped import share

UNKNOWN = -2
"""First error that the evidence does not know; -1 is none."""


class Evidence(Protocol):
    """Later evidence on solutions."""

    name: str

    def first_errors(self, rows: FlatRows) -> Ints:
        """Return the first error of each solution of `rows`, -1 for none, `UNKNOWN` where it says nothing."""
        ...


class Confidence:
    """Counts of labelled steps by how sure their labels are; of those that evidence judges, how many are right."""

    def __init__(self, evidence: tuple[Evidence, ...] = ()) -> None:
        self._evidence = evidence
        self._given = {label: np.zeros(len(BOUNDS), dtype=np.int64) for label in (1, -1)}
        self._sums = np.zeros(len(BOUNDS))
        self._judged = {one.name: np.zeros((3, len(BOUNDS))) for one in evidence}

    @property
    def COLUMNS(self) -> tuple[str, ...]:
        """Columns that it needs: ids only where there is evidence to look up by them."""
        ids = ("solutions.solution_id",) if self._evidence else ()
        return ("solutions.steps.label", "solutions.steps.confidence", *ids)

    def add(self, rows: FlatRows) -> None:
        """Add some rows."""
        labels, sure = numbers(rows.of_steps("label"), 0), numbers(rows.of_steps("confidence"), np.nan)
        given = (labels != 0) & ~np.isnan(sure)
        classes = np.searchsorted(BOUNDS, np.clip(sure, 0, 1), side="right") - 1
        for label, counts in self._given.items():
            counts += np.bincount(classes[given & (labels == label)], minlength=len(BOUNDS))
        self._sums += np.bincount(classes[given], weights=sure[given], minlength=len(BOUNDS))
        for one in self._evidence:
            truth = one.first_errors(rows)[rows.solution_of_step]
            judged = given & (truth != UNKNOWN) & ((truth < 0) | (rows.place_of_step <= truth))
            hit = (labels == 1) == (rows.place_of_step != truth)
            for at, weights in enumerate((np.ones(len(sure)), hit, np.nan_to_num(sure))):
                self._judged[one.name][at] += np.bincount(
                    classes[judged], weights=weights[judged], minlength=len(BOUNDS)
                )

    def figures(self) -> dict[str, Any]:
        """Return a row per class of confidence, and for each evidence a row per class with the share that is right."""
        given = [
            {"confidence": name, "right": int(right), "wrong": int(wrong)}
            for name, right, wrong in zip(_classes(), self._given[1], self._given[-1], strict=True)
        ]
        labelled = int(sum(counts.sum() for counts in self._given.values()))
        return {
            "given": [row for row in given if row["right"] or row["wrong"]],
            "mean": share(float(self._sums.sum()), labelled),
            "against": [{"evidence": name, **_calibration(counts)} for name, counts in self._judged.items()],
        }


def calibration(judged: Iterable[tuple[float, bool]]) -> dict[str, Any]:
    """Return the calibration of labels that somebody has judged one by one.

    Args:
      judged: confidence of each label, and whether it is right by that judgement.

    Returns:
      "labels", how many they are, "right", "error", the mean gap, and "rows", one per class of confidence.
    """
    counts = np.zeros((3, len(BOUNDS)))
    for sure, hit in judged:
        counts[:, bisect_right(BOUNDS, min(1.0, max(0.0, sure))) - 1] += (1, hit, sure)
    return _calibration(counts)


def _calibration(counts: Any) -> dict[str, Any]:
    """Return the rows of one evidence, how many labels it judges, and the expected calibration error."""
    rows = [
        {
            "confidence": name,
            "mean_confidence": promised / labels,
            "labels": int(labels),
            "right": int(right),
            "share_right": right / labels,
        }
        for name, labels, right, promised in zip(_classes(), *counts, strict=True)
        if labels
    ]
    gaps = sum(row["labels"] * abs(row["share_right"] - row["mean_confidence"]) for row in rows)
    judged = sum(row["labels"] for row in rows)
    return {"labels": judged, "right": sum(row["right"] for row in rows), "error": share(gaps, judged), "rows": rows}


def _classes() -> list[str]:
    ends = [*BOUNDS[1:], 1.0]
    return [f"{low:.0%}–{high:.0%}" for low, high in zip(BOUNDS, ends, strict=True)]
