"""Labels of first errors held against those of people, one solution at a time: nothing grows with their number.

F1 is ProcessBench's (Zheng et al., arXiv 2412.06559, sec. 4): the harmonic mean of two shares judged exactly right, of
the solutions in which people see an error and of those in which they see none. A source that does not say of a solution
is wrong there, as its users get no label; `f1_said` is of those that it speaks of. A step is right before the first
error and wrong at it; steps behind it are not counted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

from factory.evaluation.prm_scores import NO_ERROR, harmonic_mean

EXACT, EARLY, LATE, MISSED, UNSAID = "exact", "early", "late", "missed", "unsaid"
AGREED, ALARMED = "agreed", "alarmed"
BOUNDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.99)
"""Lower ends of the classes of a calibration curve."""
Class = tuple[float, str]
"""Class of equally sure labels: its lower end, or the grade of an opinion, and its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Labels that a source gives one solution.

    * `first_error`: 0-based step, -1 for none, None where it does not say.
    * `chance`: how probable the source holds that, None where it gives no probability.
    * `grade`: how sure it seems, where it gives a grade instead (`factory/labelling/opinions.py`).
    * `labels`: 1, -1 or None for each step; none where it does not label steps.
    * `confidences`: how probable the source holds each of these labels, shape [steps]; none where it does not say.
    """

    first_error: int | None
    chance: float | None = None
    grade: int | None = None
    labels: Sequence[int | None] = ()
    confidences: Sequence[float | None] = ()


class LabelScores:
    """Counts of one source, to which solutions are added."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[bool, str]] = Counter()
        self._steps: Counter[tuple[bool, int | None]] = Counter()
        # Labels, those that are right, and the sum of what was promised, by class.
        self._sure: dict[str, dict[Class, list[float]]] = {"first_errors": {}, "steps": {}}

    def add(self, truth: int, said: Said) -> None:
        """Count one solution.

        Args:
          truth: first error that people see, 0-based; -1 for none.
          said: what the source says of it.
        """
        kind = kind_of(truth, said.first_error)
        self.counts[truth != NO_ERROR, kind] += 1
        if kind != UNSAID:
            self._count_sure("first_errors", said.chance, said.grade, said.first_error == truth)
        confidences = said.confidences or [None] * len(said.labels)
        end = len(said.labels) if truth == NO_ERROR else truth + 1
        for step, (label, confidence) in enumerate(zip(said.labels[:end], confidences[:end], strict=True)):
            is_right = step != truth
            self._steps[is_right, label] += 1
            if label is not None:
                self._count_sure("steps", confidence, None, (label == 1) == is_right)

    def _count_sure(self, of: str, chance: float | None, grade: int | None, hit: bool) -> None:
        if chance is None and grade is None:
            return
        counts = self._sure[of].setdefault(_class_of(chance, grade), [0, 0, 0.0])
        counts[0] += 1
        counts[1] += hit
        counts[2] += chance or 0.0

    def figures(self) -> dict[str, Any]:
        """Return all measures, as values that JSON can hold."""
        wrong = {kind: self.counts[True, kind] for kind in (EXACT, EARLY, LATE, MISSED, UNSAID)}
        right = {kind: self.counts[False, kind] for kind in (AGREED, ALARMED, UNSAID)}
        erroneous, correct = sum(wrong.values()), sum(right.values())
        said_wrong, said_right = erroneous - wrong[UNSAID], correct - right[UNSAID]
        shares = _share(wrong[EXACT], erroneous), _share(right[AGREED], correct)
        return {
            "erroneous": erroneous,
            "correct": correct,
            "said": said_wrong + said_right,
            "f1": harmonic_mean(*shares),
            "f1_error": _f1_error(shares, erroneous, correct),
            "accuracy_erroneous": shares[0],
            "accuracy_correct": shares[1],
            "f1_said": harmonic_mean(_share(wrong[EXACT], said_wrong), _share(right[AGREED], said_right)),
            "on_erroneous": wrong,
            "on_correct": right,
            "alarms": _alarms(wrong, right, correct),
            "steps": self._of_steps(),
            "calibration": {of: _curve(classes) for of, classes in self._sure.items() if classes},
        }

    def _of_steps(self) -> dict[str, Any] | None:
        """Return how right the labels of steps are; None where the source gives none."""
        steps = self._steps
        if not steps:
            return None
        given = sum(count for (_, label), count in steps.items() if label is not None)
        right, wrong = (sum(count for (kind, _), count in steps.items() if kind is of) for of in (True, False))
        return {
            "right": right,
            "wrong": wrong,
            "labelled": given,
            # Of the labels that are given: one that is withheld is no mistake.
            "accuracy": _share(steps[True, 1] + steps[False, -1], given),
            "accuracy_right": _share(steps[True, 1], steps[True, 1] + steps[True, -1]),
            "accuracy_wrong": _share(steps[False, -1], steps[False, 1] + steps[False, -1]),
        }


def kind_of(truth: int, said: int | None) -> str:
    """Return what an opinion on a first error is, against the true one: exact, early, late, agreed, …"""
    if said is None:
        return UNSAID
    if truth == NO_ERROR:
        return AGREED if said == NO_ERROR else ALARMED
    if said == NO_ERROR:
        return MISSED
    return EXACT if said == truth else EARLY if said < truth else LATE


def _alarms(wrong: dict[str, int], right: dict[str, int], correct: int) -> dict[str, Any]:
    """Return how far alarms, which name a step as wrong, are right.

    Args:
      wrong: counts on erroneous solutions, by kind.
      right: counts on correct ones.
      correct: number of these.
    """
    number = wrong[EXACT] + wrong[EARLY] + wrong[LATE] + right[ALARMED]
    return {
        "number": number,
        # At the first error; at it or behind it, where the solution is wrong by then; anywhere in an erroneous one.
        "exact": _share(wrong[EXACT], number),
        "at_or_behind": _share(wrong[EXACT] + wrong[LATE], number),
        "erroneous": _share(number - right[ALARMED], number),
        "false": _share(right[ALARMED], correct),
    }


def _class_of(chance: float | None, grade: int | None) -> Class:
    """Return the class of a probability, or of a grade."""
    if chance is None:
        return float(grade or 0), f"grade {grade}"
    at = bisect_right(BOUNDS, chance) - 1
    return BOUNDS[at], f"{BOUNDS[at]:g} to {BOUNDS[at + 1] if at + 1 < len(BOUNDS) else 1:g}"


def _curve(classes: dict[Class, list[float]]) -> list[dict[str, Any]]:
    """Return a calibration curve, a point for each class."""
    return [
        {
            "sure": name,
            "labels": number,
            "promised": None if name.startswith("grade") else promised / number,
            "right": hits / number,
        }
        for (_, name), (number, hits, promised) in sorted(classes.items())
    ]


def _f1_error(shares: tuple[float | None, float | None], erroneous: int, correct: int) -> float | None:
    """Return the standard error of an F1, to first order, of solutions that are independent of each other.

    Args:
      shares: judged right of the erroneous and of the correct solutions.
      erroneous: number of the former.
      correct: number of the latter.
    """
    one, other = shares
    if one is None or other is None or not one + other:
        return None
    # dF/da of F = 2ab / (a + b) is 2b² / (a + b)².
    slopes = 2 * other**2 / (one + other) ** 2, 2 * one**2 / (one + other) ** 2
    variances = one * (1 - one) / erroneous, other * (1 - other) / correct
    return sqrt(sum(slope**2 * variance for slope, variance in zip(slopes, variances, strict=True)))


def _share(part: float, whole: float) -> float | None:
    """Return the ratio; None of nothing."""
    return part / whole if whole else None
