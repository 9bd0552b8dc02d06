"""Records that were picked, read again as a whole, cut to what a page shows of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from factory.records.schema import SOLUTION
from factory.run_figures.drawn import Pick
from factory.shards.commits import Shard, open_newest
from factory.shards.damage import Unreadable, reading
from factory.storage.store import Store
from factory.types import LENGTH, LEVEL_KEYS, Outcome
from pipelines.reporting.reading import Part

# Solutions of an example, its steps, and characters of a text, an answer or reason, a name.
SOLUTIONS, STEPS, CHARACTERS, WORDS, NAME = 3, 40, 4000, 300, 100
_COLUMNS = ("question_id", "question", "gold_answer", "source", "metadata", "status", "failure", "solutions")
_UNKNOWN = dict.fromkeys(SOLUTION.names)


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
    """Return a record; None where its object is gone or damaged, or a newer one has other rows."""
    try:
        with reading(), open_newest(store, shard) as file:
            first = 0
            for group in range(file.num_row_groups):
                behind = first + file.metadata.row_group(group).num_rows
                if pick.row < behind:
                    columns = [name for name in _COLUMNS if name in file.schema_arrow.names]
                    row = file.read_row_group(group, columns=columns).slice(pick.row - first, 1).to_pylist()[0]
                    return row if row["question_id"] == pick.question_id else None
                first = behind
    except (FileNotFoundError, Unreadable):
        return None
    return None


def _example(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a page shows of a record: its question, and the solutions that say most."""
    metadata = dict(record.get("metadata") or ())
    # Fields that an earlier schema lacks are not known.
    solutions = [{**_UNKNOWN, **solution} for solution in record.get("solutions") or ()]
    return {
        "question_id": record["question_id"],
        "question": _cut(record.get("question")),
        "gold_answer": _cut(record.get("gold_answer")),
        "source": _cut(record.get("source"), NAME),
        "level": _cut(next((metadata[key] for key in LEVEL_KEYS if key in metadata), None), NAME),
        "failure": _failure(record.get("failure")),
        "solutions": [_solution(solution) for solution in _telling(solutions)],
        "n_solutions": len(solutions),
        "n_right": sum(_is_right(solution) for solution in solutions),
    }


def _is_right(solution: Mapping[str, Any]) -> bool:
    """Return True for a solution that was judged right and was not cut off."""
    return bool(solution["verdict"] == Outcome.CORRECT and solution["finish_reason"] != LENGTH)


def _telling(solutions: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return a few solutions: one with a first error, a right one, then the others in order."""
    located = [at for at, one in enumerate(solutions) if one["first_error"] is not None and one["first_error"] >= 0]
    right = [at for at, one in enumerate(solutions) if _is_right(one)]
    chosen = dict.fromkeys((*located[:1], *right[:1], *range(len(solutions))))
    return [solutions[at] for at in list(chosen)[:SOLUTIONS]]


def _solution(solution: Mapping[str, Any]) -> dict[str, Any]:
    steps = solution["steps"] or []
    return {
        **{name: solution[name] for name in ("solution_id", "verdict", "first_error", "flawed")},
        **{name: _cut(solution[name], NAME) for name in ("method", "role", "labeller")},
        "final_answer": _cut(solution["final_answer"], WORDS),
        "reason": _cut(solution["verdict_reason"], WORDS),
        "cut_off": solution["finish_reason"] == LENGTH,
        "occurrences": solution["occurrences"],
        "steps": [
            {
                "text": _cut(step.get("text")),
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
    return {**failure, **{name: _cut(failure.get(name), most) for name, most in longest.items()}}


def _cut(text: str | None, longest: int = CHARACTERS) -> str | None:
    """Return a text, without its end where it is long, which is said in its place."""
    if text is None or len(text) <= longest:
        return text
    return f"{text[:longest]}… ({len(text) - longest:,} more characters)"
