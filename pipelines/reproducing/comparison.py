"""Comparison of a question's record with the same question worked on again: what is the same, part by part. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile, zip_longest
from typing import Any

from factory.records.schema import SCHEMA_VERSION
from factory.records.thought_fields import whole_text
from factory.rollouts.nodes import GIVEN, PROBE

Row = Mapping[str, Any]
SAMPLES, LABELS = ("samples",), ("rollouts", "labels", "first errors", "tree", "tokens")
"""Parts that show whether the samples differ, and parts that a labeller's rollouts change."""
# Columns that every version has: without a value they say that nobody judged or labelled, or that nothing failed.
_FIRST = frozenset({"failure", "solution_id", "method", "steps", "verdict", "first_error", "label"})
_ABOUT = 30  # characters shown around the place where two samples part


@dataclass(frozen=True, slots=True)
class Part:
    """Part of a record as one line says it, as it is recorded and as it came now, and whether all of it is the same."""

    name: str
    recorded: str
    now: str
    same: bool


def parts_of(record: Row, now: Row) -> list[Part]:
    """Return what two rows of one question say, part by part."""
    made = [
        _part("prompt", record, now, lambda row: _named(row, "prompt_id")),
        _part("weights", record, now, lambda row: _named(row, "model_revision")),
        _part("engine", record, now, lambda row: _named(row, "engine")),
        _part("checker", record, now, lambda row: _named(row, "checker", "checker_policy")),
        _part("status", record, now, _status),
    ]
    ours, theirs = _by_id(record), _by_id(now)
    both = [(ours[name], theirs[name]) for name in ours if name in theirs]
    same_texts = Counter(_texts(record)) == Counter(_texts(now))
    common = sum((Counter(_texts(record)) & Counter(_texts(now))).values())
    count = len(_texts(now))
    made.append(Part("samples", f"{len(_texts(record))}", f"{count}, {common} of them the same", same_texts))
    for name, said, key in (
        ("verdicts", _verdicts, lambda one: one.get("verdict")),
        ("labels", _labels, lambda one: [step.get("label") for step in _steps(one)]),
        ("first errors", _first_errors, lambda one: one.get("first_error")),
    ):
        same = len(both) == len(ours) == len(theirs) and all(key(a) == key(b) for a, b in both)
        made.append(Part(name, said(record), said(now), same))
    made.append(_part("rollouts", record, now, _rollouts))
    made.append(_part("tree", record, now, lambda row: f"{len(row['tree'] or ())} nodes"))
    made.append(_part("tokens", record, now, lambda row: f"{row['cost']['completion_tokens']:,}"))
    return made


def parting(record: Row, now: Row) -> str | None:
    """Return a sentence on the first sample that is another, and where it parts; None where there is none."""
    ours, theirs = _texts(record), _texts(now)
    for number, (a, b) in enumerate(zip_longest(ours, theirs)):
        if a == b:
            continue
        if a is None or b is None:
            return f"sample {number + 1} is only {'now' if a is None else 'in the record'}"
        same = takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False))
        at = sum(1 for _ in same)
        shown = [repr(text[max(0, at - _ABOUT) : at + _ABOUT]) for text in (a, b)]
        return f"sample {number + 1} parts behind {at:,} characters: {shown[0]} in the record, {shown[1]} now"
    return None


def as_old_as(record: Row, now: Row) -> dict[str, Any]:
    """Return the new row without what the version of the record did not know, so that this counts as no difference.

    A column without any value in the record may be one that its version did not have; those in `_FIRST` it had.
    """
    if record.get("schema_version") == SCHEMA_VERSION:
        return dict(now)
    known = _known([record]) | {"solutions", "tree", *_FIRST}
    kept = {name: value for name, value in now.items() if name in known}
    return {
        **kept,
        "solutions": _cut(kept["solutions"] or (), record["solutions"] or ()),
        "tree": _cut(kept["tree"] or (), record["tree"] or ()),
        "cost": {name: value for name, value in kept["cost"].items() if record["cost"].get(name) is not None},
    }


def _cut(rows: Sequence[Row], before: Sequence[Row]) -> list[dict[str, Any]]:
    """Return rows with the columns that have a value in any of those before; steps and sampling likewise."""
    if not before:
        return [dict(row) for row in rows]
    known = _known(before) | _FIRST
    kept = [{name: value for name, value in row.items() if name in known} for row in rows]
    sampled = _known([row["sampling"] for row in before if row.get("sampling")])
    steps = _known([step for row in before for step in row.get("steps") or ()]) | _FIRST
    for row in kept:
        if isinstance(row.get("sampling"), Mapping):
            row["sampling"] = {name: value for name, value in row["sampling"].items() if name in sampled}
        if "steps" in row:
            row["steps"] = [{name: value for name, value in step.items() if name in steps} for step in _steps(row)]
    return kept


def _known(rows: Sequence[Row]) -> set[str]:
    return {name for row in rows for name, value in row.items() if value is not None}


def _part(name: str, record: Row, now: Row, said: Any) -> Part:
    """Return a part that is the same where one line says the same of both rows."""
    recorded, new = said(record), said(now)
    return Part(name, recorded, new, recorded == new)


def _sampled(row: Row) -> list[Row]:
    """Return the solutions that a search has sampled, in the order in which they were asked for."""
    return [one for one in row["solutions"] or () if one["method"] not in (PROBE, GIVEN)]


def _steps(solution: Row) -> Sequence[Row]:
    return solution.get("steps") or ()


def _texts(row: Row) -> list[str]:
    return [whole_text(one) for one in _sampled(row) for _ in range(one.get("occurrences") or 1)]


def _by_id(row: Row) -> dict[str, Row]:
    return {one["solution_id"]: one for one in row["solutions"] or ()}


def _named(row: Row, *columns: str) -> str:
    """Return what the solutions say made them; "–" where there are none."""
    made = {" ".join(str(one.get(column)) for column in columns if one.get(column)) for one in row["solutions"] or ()}
    return ", ".join(sorted(made - {""})) or "–"


def _status(row: Row) -> str:
    failure = row.get("failure")
    return row["status"] if not failure else f"{row['status']} at {failure['stage']}: {failure['type']}"


def _verdicts(row: Row) -> str:
    counts = Counter(str(one.get("verdict")) for one in row["solutions"] or ())
    return ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())) or "none"


def _labels(row: Row) -> str:
    counts = Counter(step.get("label") for one in row["solutions"] or () for step in _steps(one))
    return f"{counts[1]} right, {counts[-1]} wrong, {counts[None]} open"


def _first_errors(row: Row) -> str:
    errors = [one.get("first_error") for one in row["solutions"] or ()]
    located = sum(error is not None and error >= 0 for error in errors)
    return f"{located} located"


def _rollouts(row: Row) -> str:
    # The first schema does not say how many were for labels.
    for_labels = row["cost"].get("label_calls")
    return f"{row['cost']['policy_calls']:,}" + (f" ({for_labels:,} for labels)" if for_labels is not None else "")
