"""Questions of a part of an index that a filter lets through, and how many there would be for each other choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from functools import reduce

import numpy as np

from factory.browsing.facts import NONE, UNKNOWN
from factory.browsing.filter import (
    KNOWN,
    NAMED,
    NO_ERROR,
    NOT_KNOWN,
    OF_QUESTIONS,
    OF_SOLUTIONS,
    PASSES,
    SAID,
    Filter,
)
from factory.browsing.parts import Array, Mask, Part

Counts = dict[str, Counter[str]]
"""Questions by key of a filter and by name."""
FLAGS = {1: "yes", 0: "no", -1: "unknown"}
_SURE = "sure"
# First errors behind this step are counted together with it.
MOST_STEPS = 40


class Looked:
    """Part, looked at through a filter: which questions pass, and counts of what else could be asked for.

    Args:
      part: part of an index.
      wanted: the filter.
      annotated: (run within the folder, id) of the questions that people have annotated, "" for all runs; only needed
        where the filter asks for that.
    """

    def __init__(self, part: Part, wanted: Filter, annotated: Collection[tuple[str, str]] = ()) -> None:
        self._part = part
        self._of_questions = {
            key: _named(part, key, names) for key, names in wanted.named.items() if key in OF_QUESTIONS
        }
        if part.gone is not None:
            self._of_questions["gone"] = ~part.gone
        if wanted.said:
            with_some = _annotated(part, annotated)
            self._of_questions[SAID] = with_some if wanted.said == "yes" else ~with_some
        self._of_solutions = {
            key: _named(part, key, names) for key, names in wanted.named.items() if key in OF_SOLUTIONS
        }
        if wanted.sure_below is not None or wanted.sure_above is not None:
            self._of_solutions[_SURE] = _sure(part, wanted)

    def rows(self) -> Array:
        """Return the questions that pass, in order."""
        return np.flatnonzero(self._questions() & self._with_solution())

    def counts(self) -> Counts:
        """Return for each key how many questions pass with each of its names, whatever is asked for of that key."""
        counts = {}
        with_solution = self._with_solution()
        for key in OF_QUESTIONS:
            codes, names = _coded(self._part, key)
            passing = codes[self._questions(but=key) & with_solution]
            counts[key] = _by_name(np.bincount(passing, minlength=len(names)), names)
        owners, questions = self._part.owners(), self._questions()
        for key in OF_SOLUTIONS:
            codes, names = _coded(self._part, key)
            passing = np.flatnonzero(self._solutions(but=key) & questions[owners])
            # A question counts once, however many of its solutions are so.
            seen = np.zeros((len(self._part), max(1, len(names))), bool)
            seen[owners[passing], codes[passing]] = True
            counts[key] = _by_name(seen.sum(axis=0), names)
            if key == "first_error":
                counts[key][KNOWN] = int(seen[:, 2:].any(axis=1).sum())
        return counts

    def _questions(self, but: str = "") -> Mask:
        masks = [mask for key, mask in self._of_questions.items() if key != but]
        return reduce(np.logical_and, masks) if masks else np.ones(len(self._part), bool)

    def _solutions(self, but: str = "") -> Mask:
        masks = [mask for key, mask in self._of_solutions.items() if key != but]
        return reduce(np.logical_and, masks) if masks else np.ones(self._part.solutions.num_rows, bool)

    def _with_solution(self) -> Mask:
        """Return the questions that have a solution as asked for; all of them where nothing is asked of solutions."""
        if not self._of_solutions:
            return np.ones(len(self._part), bool)
        total = np.concatenate([[0], np.cumsum(self._solutions(), dtype=np.int32)])
        at = total[self._part.starts()]
        return at[1:] > at[:-1]


def _annotated(part: Part, annotated: Collection[tuple[str, str]]) -> Mask:
    """Return which questions people have annotated."""
    ids: dict[str, list[str]] = {}
    for folder, question_id in annotated:
        ids.setdefault(folder, []).append(question_id)
    with_some = np.zeros(len(part), bool)
    codes, folders = part.codes("part"), part.names("part")
    for folder in ids.keys() & {"", *folders}:
        rows = part.rows_with(ids[folder])
        with_some[rows[codes[rows] == folders.index(folder)] if folder else rows] = True
    return with_some


def _coded(part: Part, key: str) -> tuple[Array, list[str]]:
    """Return a key's value of each question or solution, as places in a list of names, and that list."""
    if key == "pass":
        return pass_classes(part), list(PASSES)
    if key in ("flawed", "contradicted"):
        return 1 - part.values(key), [FLAGS[1 - code] for code in range(3)]
    if key == "first_error":
        steps = np.minimum(part.values(key), MOST_STEPS) - UNKNOWN
        return steps, [NOT_KNOWN, NO_ERROR, *(str(step + 1) for step in range(MOST_STEPS + 1))]
    return part.codes(key), part.names(key)


def _named(part: Part, key: str, names: frozenset[str]) -> Mask:
    """Return which questions, or solutions, have one of the names."""
    if key == "first_error":
        values = part.values(key)
        steps = [int(name) - 1 for name in names if name.isdigit()]
        steps += [code for name, code in ((NO_ERROR, NONE), (NOT_KNOWN, UNKNOWN)) if name in names]
        mask = np.isin(values, steps)
        return mask | (values >= 0) if KNOWN in names else mask
    codes, known = _coded(part, key)
    chosen = np.array([name in names for name in known] or [False])
    return chosen[codes] if len(codes) else np.zeros(0, bool)


def _sure(part: Part, wanted: Filter) -> Mask:
    """Return which solutions have labels, the least sure of them between the bounds."""
    confidence = part.values("confidence")
    mask = ~np.isnan(confidence)
    if wanted.sure_below is not None:
        mask &= confidence < wanted.sure_below
    if wanted.sure_above is not None:
        mask &= confidence >= wanted.sure_above
    return mask


def pass_classes(part: Part) -> Array:
    """Return the class of each question's pass rate, as a place in `PASSES`."""
    samples, right = part.values("samples"), part.values("right")
    rate = right / np.maximum(samples, 1)
    classes = np.select([right == 0, rate < 0.4, rate <= 0.6, right < samples], [0, 1, 2, 3], 4)
    return np.where(samples == 0, PASSES.index("no samples"), classes)


def _by_name(counts: Array, names: list[str]) -> Counter[str]:
    """Return counts by name, without those that are 0."""
    result: Counter[str] = Counter()
    for place in np.flatnonzero(counts):
        result[names[place]] += int(counts[place])
    return result


def added(counts: list[Mapping[str, Counter[str]]]) -> Counts:
    """Return the sum of the counts of several parts."""
    return {key: sum((one[key] for one in counts), Counter()) for key in NAMED}
