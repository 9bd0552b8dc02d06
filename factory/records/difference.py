"""When are two rows of one question the same, and where do they differ? Rows as they are read back from a shard.

Not compared is what a clock, a place or a layout makes: when a row was made, in how many seconds, from which prefixes
an engine still had in its cache, as part of which run and unit, in which version of the schema. Nor is the order of
solutions and the numbering of tree nodes, which hang on what came back first: a solution is known by its id, a node by
the texts on the way to it. A column that is missing is the same as null.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

from factory.rollouts.nodes import GIVEN
from factory.types import content_id

Row = Mapping[str, Any]

NOT_COMPARED = frozenset({"created_at", "run_id", "unit_id", "schema_version"})
NOT_COMPARED_COST = frozenset({"seconds", "cached_tokens"})
_COUNTS = ("n_trials", "n_successes", "mc_value", "confidence")
_SIGNS: Mapping[Any, str] = {1: "+", -1: "-"}
_KEYED = ("solutions", "tree", "cost")
_SHOWN = 60  # characters of a value
_NAMED = 3  # solutions of many


def item_id(row: Row) -> int:
    """64 bits that name a source's item: the question, and its given solutions, with which it may come again."""
    given = sorted(item["solution_id"] for item in row["solutions"] if item["method"] == GIVEN)
    return int.from_bytes(blake2b("\x1f".join([row["question_id"], *given]).encode(), digest_size=8).digest(), "big")


def row_digest(row: Row) -> bytes:
    """16 bytes that are the same for rows that are the same."""
    text = json.dumps(_canonical(row), sort_keys=True, default=str, ensure_ascii=False)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def differences(a: Row, b: Row) -> list[str]:
    """Where two rows of one question differ, each as one line "what: in A → in B"; empty for rows that are the same."""
    ours, theirs = _canonical(a), _canonical(b)
    return [
        *_fields(ours, theirs, ignore=_KEYED),
        *_solutions(ours["solutions"], theirs["solutions"]),
        *_tree(ours["tree"], theirs["tree"]),
        *_fields(ours["cost"], theirs["cost"], "cost."),
    ]


def _canonical(row: Row) -> dict[str, Any]:
    """What counts of a row, in an order of its own."""
    kept = {key: _without_nulls(value) for key, value in row.items() if key not in (*NOT_COMPARED, *_KEYED)}
    cost = _without_nulls(row.get("cost") or {})
    return {
        **{key: value for key, value in kept.items() if value is not None},
        "cost": {key: value for key, value in cost.items() if key not in NOT_COMPARED_COST},
        "solutions": _sorted([_without_nulls(item) for item in row.get("solutions") or ()]),
        "tree": _sorted(list(_placed(row.get("tree") or ()))),
    }


def _placed(tree: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Nodes with their place, a hash of the texts on the way to them, instead of numbers."""
    places: dict[int | None, str] = {}
    for node in tree:
        place = content_id(places.get(node["parent"], ""), node["text"] or "")
        places[node["node"]] = place
        kept = _without_nulls(node)
        yield {"place": place, **{key: value for key, value in kept.items() if key not in ("node", "parent")}}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_without_nulls(item) for item in value]
    return value


def _sorted(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(items, key=lambda item: (item.get("solution_id") or item.get("place") or "", _text(item)))


def _text(item: object) -> str:
    return json.dumps(item, sort_keys=True, default=str)


def _solutions(ours: Sequence[Row], theirs: Sequence[Row]) -> Iterator[str]:
    a, b = _keyed(ours, "solution_id"), _keyed(theirs, "solution_id")
    for where, mine, other in (("A", a, b), ("B", b, a)):
        ids = [name for name, repeat in mine if (name, repeat) not in other]
        if ids:
            more = ["…"] if len(ids) > _NAMED else []
            yield f"solutions: {len(ids)} only in {where}: {', '.join([*ids[:_NAMED], *more])}"
    for key in a:
        if key in b and a[key] != b[key]:
            yield from _solution(f"solution {key[0]} ", a[key], b[key])


def _solution(name: str, a: Row, b: Row) -> Iterator[str]:
    yield from _fields(a, b, name, ignore=("steps",))
    steps_a, steps_b = a.get("steps") or [], b.get("steps") or []
    if [step.get("text") for step in steps_a] != [step.get("text") for step in steps_b]:
        yield f"{name}steps: {len(steps_a)} → {len(steps_b)}, other texts"
        return
    labels_a, labels_b = _labels(steps_a), _labels(steps_b)
    if labels_a != labels_b:
        yield f"{name}labels: {labels_a} → {labels_b}"
    if [_measured(step) for step in steps_a] != [_measured(step) for step in steps_b]:
        yield f"{name}counts: {_counts(steps_a)} → {_counts(steps_b)}"


def _measured(step: Row) -> list[Any]:
    return [step.get(name) for name in _COUNTS]


def _labels(steps: Sequence[Row]) -> str:
    return "".join(_SIGNS.get(step.get("label"), "?") for step in steps)


def _counts(steps: Sequence[Row]) -> str:
    return " ".join(f"{step.get('n_successes', '–')}/{step.get('n_trials', '–')}" for step in steps)


def _tree(ours: Sequence[Row], theirs: Sequence[Row]) -> Iterator[str]:
    a, b = _keyed(ours, "place"), _keyed(theirs, "place")
    changed = sum(a[key] != b[key] for key in a if key in b)
    gone, new = len(a.keys() - b.keys()), len(b.keys() - a.keys())
    if gone or new or changed:
        yield f"tree: {gone} nodes only in A, {new} only in B, {changed} with other counts"


def _keyed(items: Sequence[Row], key: str) -> dict[tuple[str, int], Row]:
    """By their key; those that have one in common are told apart by their order."""
    found: dict[tuple[str, int], Row] = {}
    for item in items:
        name = str(item.get(key))
        repeat = 0
        while (name, repeat) in found:
            repeat += 1
        found[name, repeat] = item
    return found


def _fields(a: Row, b: Row, prefix: str = "", *, ignore: Sequence[str] = ()) -> Iterator[str]:
    for key in [*a, *(key for key in b if key not in a)]:
        if key not in ignore and a.get(key) != b.get(key):
            yield f"{prefix}{key}: {_shown(a.get(key))} → {_shown(b.get(key))}"


def _shown(value: object) -> str:
    text = "null" if value is None else str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
