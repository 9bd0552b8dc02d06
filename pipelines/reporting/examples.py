"""Records that were picked, read again as a whole, cut to what a page shows of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from factory.run_figures.drawn import Pick
from factory.shards.commits import Shard, open_newest
from factory.storage.store import Store
from factory.types import LEVEL_KEYS
from pipelines.reporting.reading import Part

# Solutions of an example, its steps, and characters of a text, an answer or reason, a name.
SOLUTIONS, STEPS, CHARACTERS, WORDS, NAME = 3, 40, 4000, 300, 100
_COLUMNS = ("question_id", "question", "gold_answer", "source", "metadata", "status", "failure", "solutions")


def examples(picks: Iterable[Pick], parts: Sequence[Part]) -> list[dict[str, Any]]:
    """Return what a page shows of the records that were picked, in their order; those that are gone are left out."""
    by_name = {part.name: part for part in parts}
    shown = []
    for pick in picks:
        part = by_name[pick.place.part]
        shard = next(one for one in part.shards if one.name == pick.place.shard)
        record = _record(part.store, shard, pick)
        if record is not None:
            shown.append({"part": pick.place.part, **_example(record), **pick.known})
    return shown


def _record(store: Store, shard: Shard, pick: Pick) -> Mapping[str, Any] | None:
    """Return a record; None where its object is gone, or a newer one has other rows."""
    try:
        with open_newest(store, shard) as file:
            first = 0
            for group in range(file.num_row_groups):
                behind = first + file.metadata.row_group(group).num_rows
                if pick.row < behind:
                    columns = [name for name in _COLUMNS if name in file.schema_arrow.names]
                    row = file.read_row_group(group, columns=columns).slice(pick.row - first, 1).to_pylist()[0]
                    return row if row["question_id"] == pick.question_id else None
                first = behind
    except (FileNotFoundError, pa.ArrowException):
        return None
    return None


def _example(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a page shows of a record: its question, and the solutions that say most."""
    metadata = dict(record.get("metadata") or ())
    solutions = record["solutions"] or []
    return {
        "question_id": record["question_id"],
        "question": _cut(record["question"]),
        "gold_answer": _cut(record["gold_answer"]),
        "source": _cut(record["source"], NAME),
        "level": _cut(next((metadata[key] for key in LEVEL_KEYS if key in metadata), None), NAME),
        "failure": _failure(record.get("failure")),
        "solutions": [_solution(solution) for solution in _telling(solutions)],
        "n_solutions": len(solutions),
        "n_right": sum(solution["verdict"] == "correct" for solution in solutions),
    }


def _telling(solutions: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return a few solutions: one with a first error, a right one, then the others in order."""
    located = [one for one in solutions if (one["first_error"] or 0) >= 0 and one["first_error"] is not None]
    right = [one for one in solutions if one["verdict"] == "correct"]
    chosen = {one["solution_id"]: one for one in (*located[:1], *right[:1], *solutions)}
    return list(chosen.values())[:SOLUTIONS]


def _solution(solution: Mapping[str, Any]) -> dict[str, Any]:
    steps = solution["steps"] or []
    return {
        **{name: solution.get(name) for name in ("solution_id", "verdict", "first_error", "flawed")},
        **{name: _cut(solution.get(name), NAME) for name in ("method", "role", "labeller")},
        "final_answer": _cut(solution["final_answer"], WORDS),
        "reason": _cut(solution.get("verdict_reason"), WORDS),
        "cut_off": solution["finish_reason"] == "length",
        "occurrences": solution["occurrences"],
        "steps": [
            {
                "text": _cut(step["text"]),
                **{name: step.get(name) for name in ("label", "confidence", "n_trials", "n_successes")},
            }
            for step in steps[:STEPS]
        ],
        "steps_left_out": max(0, len(steps) - STEPS),
    }


def _failure(failure: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return why a question failed, in short texts."""
    if failure is None:
        return None
    longest = {"stage": NAME, "type": NAME, "message": CHARACTERS}
    return {**failure, **{name: _cut(failure[name], most) for name, most in longest.items()}}


def _cut(text: str | None, longest: int = CHARACTERS) -> str | None:
    """Return a text, without its end where it is long, which is said in its place."""
    if text is None or len(text) <= longest:
        return text
    return f"{text[:longest]}… ({len(text) - longest:,} more characters)"
