"""Records with some of their solutions taken out, and counts of what was dropped and why.

* Solutions are identified by their number in the record.
* A record that is changed no longer claims to be the imported line that it was made of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from factory.export.choice import DropReason, FormatSelector
from factory.labelling.step_labels import first_error_of
from factory.types import ANSWERED

# Records keep confidences with 24 bits: 0.9 is read back a little smaller, and must still pass "at least 0.9".
_FLOAT32 = 1e-6
SOLUTIONS, LABELS, RECORDS = "solutions", "step labels", "records"  # kinds of what is dropped
Dropped = Counter[tuple[str, str]]
"""Counts of what was dropped, by (kind, reason): ("solutions", "too short")."""


def drawn_by(
    record: Mapping[str, Any],
    kept: Mapping[int, Mapping[str, Any]],
    lost: Mapping[int, DropReason],
    selector: FormatSelector,
    dropped: Dropped,
) -> Mapping[str, Any] | None:
    """Return the record with the solutions that one format has drawn; None when it has drawn none.

    Args:
      record: record whose solutions are `kept`; returned as it is when the format has drawn all that it can use.
      kept: solutions that are left for all formats, by number.
      lost: reasons by number of the solution.
      selector: the format.
      dropped: counts that are added to.
    """
    mine = {index: solution for index, solution in kept.items() if selector.uses(solution)}
    reasons = {index: lost[index].why(selector.mask) for index in mine if index in lost}
    gone = {index: why for index, why in reasons.items() if why is not None}
    for why in gone.values():
        dropped[f"{SOLUTIONS} for {selector.name}" if selector.name else SOLUTIONS, why] += 1
    if not gone:
        return record
    left = [solution for index, solution in mine.items() if index not in gone]
    return with_solutions(record, left) if left else None


def without_unsure(solution: Mapping[str, Any], min_confidence: float) -> Mapping[str, Any]:
    """Return a solution without the labels that are less sure than this; the same object when all stay."""
    if not min_confidence:
        return solution
    wanted = min_confidence - _FLOAT32
    unsure = [
        step["label"] is not None and (step["confidence"] is None or step["confidence"] < wanted)
        for step in solution["steps"]
    ]
    if not any(unsure):
        return solution
    steps = [
        {**step, "label": None} if hidden else step for step, hidden in zip(solution["steps"], unsure, strict=True)
    ]
    return {**solution, "steps": steps, "first_error": first_error_of([step["label"] for step in steps])}


def count_unsure_labels(
    dropped: Dropped,
    before: Sequence[Mapping[str, Any]],
    after: Mapping[int, Mapping[str, Any]],
    reason: str = "not sure enough",
) -> None:
    """Count the labels that a least confidence, or a rule of consensus, took out.

    Args:
      dropped: counts that are added to.
      before: all solutions of a record.
      after: solutions that are left, by number; those that lost labels are other objects.
      reason: why those with a confidence are taken out.
    """
    for index, solution in after.items():
        if solution is before[index]:
            continue
        for given, left in zip(before[index]["steps"], solution["steps"], strict=True):
            if given["label"] is not None and left["label"] is None:
                why = "confidence unknown" if given["confidence"] is None else reason
                dropped[LABELS, why] += 1


def count_cut_short(
    dropped: Dropped, kept: Mapping[int, Mapping[str, Any]], selectors: Sequence[FormatSelector]
) -> None:
    """Count the solutions that a format would use, had they not been cut off behind their answer.

    Args:
      dropped: counts that are added to.
      kept: solutions that are left for all formats, by number.
      selectors: the formats.
    """
    for solution in kept.values():
        if solution["finish_reason"] != ANSWERED:
            continue
        for selector in selectors:
            if not selector.uses(solution) and selector.uses({**solution, "finish_reason": "stop"}):
                dropped[f"{SOLUTIONS} for {selector.name}", "cut off behind the answer"] += 1


def count_flawed(dropped: Dropped, kept: Mapping[int, Mapping[str, Any]], selectors: Sequence[FormatSelector]) -> None:
    """Count the solutions that a format would use, had an audit not located a wrong step in front of a right answer.

    Args:
      dropped: counts that are added to.
      kept: solutions that are left for all formats, by number.
      selectors: the formats.
    """
    for solution in kept.values():
        if not solution.get("flawed"):
            continue
        for selector in selectors:
            if not selector.uses(solution) and selector.uses({**solution, "flawed": None}):
                dropped[f"{SOLUTIONS} for {selector.name}", "right answer, but a wrong step"] += 1


def with_solutions(record: Mapping[str, Any], solutions: Collection[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the record with other solutions, and without the line that it was made of."""
    changed = {**record, "solutions": list(solutions)}
    if record.get("metadata"):
        changed["metadata"] = [item for item in record["metadata"] if item[0] != record["source"]]
    return changed
